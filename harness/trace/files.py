"""Names inside a run directory: the only thing that passes from a run to anything else."""

FORMAT = 1
MANIFEST = "manifest.json"
TRACE = "trace.parquet"
TIMING = "timing.parquet"
EVENTS = "events.jsonl"
VERDICT = "verdict.json"
REPORT = "report.html"
JOURNAL_SUFFIX = ".arrows"
TRACE_JOURNAL = "trace.arrows"
TIMING_JOURNAL = "timing.arrows"
RESERVE = "reserve.partial"
