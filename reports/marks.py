"""Marks of verdicts and judgements, for those who do not tell colours apart."""

MARKS = {
    "PASSED": "✓",
    "DEGRADED": "!",
    "FAILED": "✕",
    "PLANT FAILED": "✕",
    "INTERRUPTED": "–",
    "NOT EVALUATED": "–",
}
