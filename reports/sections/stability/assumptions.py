"""What the proof takes for granted, in words, and how anyone can check it."""

from typing import Any

from reports.run import Run
from reports.sections import Section
from reports.sections.stability.words import lasting, quantity, scientific

COMMAND = "motorhand certify --check ."


def section(run: Run) -> Section | None:
    """The assumptions as a list, and the command that checks the certificate."""
    if run.stability is None or run.stability.certificate is None:
        return None
    given = run.stability.certificate
    told = (
        "Check this yourself: type this in the run's folder. It derives the loop again from the "
        "code that is installed and the scenario that was run, and takes from the certificate only "
        "the metric and the list of boxes."
    )
    return Section(
        "What was assumed",
        "",
        told,
        points=tuple(_points(given, run.stability.metric is not None)),
        code=COMMAND,
    )


def _points(given: dict[str, Any], checked: bool) -> list[str]:
    ranges, off = given["ranges"], given["assumed_disturbance"]
    tick = given["region"]["tick_s"]
    least, most = ranges["thrust_had_over_commanded"]
    latest = ranges["delay_ticks"][1] * tick
    points = [
        f"The plant is {given['twin']}.",
        f"That disturbance moves position by at most {quantity(off['position_m'], 'm')} and "
        f"velocity by at most {quantity(off['velocity_m_s'], 'm/s')} a tick, in any direction."
        + (" The twin check below holds this run against it." if checked else ""),
    ]
    if "thrust_lag_s" in given:
        points.append(
            f"Thrust lags: it comes 63\u202f% of the way to what is commanded in "
            f"{lasting(given['thrust_lag_s'])}."
            + (" What of it was had in this run is reconstructed." if checked else "")
        )
    if latest or least < most:
        ends = f"Of the thrust commanded {least:.4g} to {most:.4g} is had" if least < most else ""
        late = (
            f"{'commands' if ends else 'Commands'} are up to {lasting(latest)} late"
            if latest
            else ""
        )
        points.append(f"{' and '.join(filter(None, (ends, late)))}; this may change at every tick.")
    points.append(
        "The controller is its own program, the one that flew, in real arithmetic. Rounding is not "
        "in the proof" + ("; what it does to a run counts in the twin check." if checked else ".")
    )
    points.append(
        "No limit on thrust is met: the level set is small enough for that."
        if given["level_set"] is not None
        else "Limits on thrust are left out. That none is met is not proved."
    )
    if given["overshoot"] is not None and given["overshoot"] > 1.0:
        points.append(
            "An error may grow at first, before late commands answer it: by at most "
            f"{scientific(100.0 * (given['overshoot'] - 1.0))}\u202f%."
        )
    strays = ranges.get("reference_strays")
    if strays is not None and any(strays.values()):
        points.append(
            f"The reference strays from its own model by at most {quantity(strays['m'], 'm')} and "
            f"{quantity(strays['m_s'], 'm/s')} a tick, which the proof allows for."
        )
    if given.get("assumes"):
        points.append(f"In the certificate's words: {'; '.join(given['assumes'])}.")
    return points
