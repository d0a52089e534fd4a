"""The stability part of a report: what was proved, whether this run is covered, and what it shows.

Each section reads ``run.stability`` and applies only where there is something to say.
"""
