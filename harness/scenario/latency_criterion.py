"""Criteria on latency."""

from sims.config import Config, Positive


class LatencyCriterion(Config):
    """That the delays of a run stay within what its certificate proves to be borne."""

    budget_used_below: Positive
    """Upper limit on the oldest observation that a command in force rested on, over the proved
    delay margin."""
    about: str = ""
    """Why this is demanded, for the report."""
    requirement: str = ""
    """The requirement that it shows to be met, such as ``REQ-12``; verdict and report repeat it."""
