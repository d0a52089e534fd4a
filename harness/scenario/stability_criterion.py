"""Criteria on stability: a proof, a delay margin, and what was observed."""

from typing import Annotated

from pydantic import Field

from sims.config import Config, Positive

Share = Annotated[float, Field(gt=0.0, le=1.0)]


class StabilityCriterion(Config):
    """What the scenario's ``certificate:`` must come to, or the run must show."""

    about: str = ""
    """Why this is demanded, for the report."""
    requirement: str = ""
    """The requirement that it shows to be met, such as ``REQ-12``; verdict and report repeat it."""


class ProvedCriterion(StabilityCriterion):
    """That the loop is proved to contract, by a certificate that covers the run."""

    proved_below: Share
    """Upper limit on the proved Lipschitz constant, a second."""


class DelayMarginCriterion(StabilityCriterion):
    """That a delay is proved to be borne, by a certificate that covers the run."""

    at_least_ms: Positive
    """Lower limit on the delay margin, ms, of delays that may change at every tick."""


class ObservedCriterion(StabilityCriterion):
    """That the run itself shows an error to shrink."""

    below: Positive
    """Upper limit on the observed Lipschitz constant, a second; see ``stability.json``."""


AnyStabilityCriterion = ProvedCriterion | DelayMarginCriterion | ObservedCriterion
