"""What exactly the certificate says: region, ranges, level set, and how it was proved."""

from typing import Any

from reports.run import Run
from reports.sections import Section
from reports.sections.stability.words import factor, lasting, quantity

_METHODS = {
    "metric": "one metric P for every delay; commands in flight are states",
    "small gain": "one metric P for the loop without delay, and a small-gain bound on what the "
    "delay adds; somewhat pessimistic",
}


def section(run: Run) -> Section | None:
    """The claim as a table; only where one was made."""
    if run.stability is None or run.stability.certificate is None:
        return None
    given = run.stability.certificate
    proved = given["verdict"] in ("PROVED", "CONTRACTION ONLY")
    title = "What was proved" if proved else "What was to be proved"
    return Section(title, "", "", rows=tuple(_rows(given)))


def _rows(given: dict[str, Any]) -> list[tuple[str, str]]:
    region, ranges, level = given["region"], given["ranges"], given["level_set"]
    tick = region["tick_s"]
    least, most = ranges["thrust_had_over_commanded"]
    soonest, latest = (ticks * tick for ticks in ranges["delay_ticks"])
    rows = [
        ("mode", region["mode"]),
        (
            "region, on every axis",
            f"±{quantity(region['error_position_m'], 'm')} and "
            f"±{quantity(region['error_velocity_m_s'], 'm/s')} about the reference",
        ),
        (
            "thrust had over commanded",
            f"{least:.4g} to {most:.4g}" if least < most else f"{least:.4g}",
        ),
        (
            "delay of a command",
            f"{lasting(soonest)} to {lasting(latest)}, another every tick" if latest else "none",
        ),
        *(
            [("lag of thrust", f"{lasting(given['thrust_lag_s'])} to 63\u202f%")]
            if "thrust_lag_s" in given
            else []
        ),
        ("thrust limit", quantity(ranges["limit_m_s2"], "m/s²")),
        (
            "reference",
            f"{region['reference'].replace('_', ' ')}, {lasting((region['ticks'] - 1) * tick)} in "
            f"{region['ticks']:,} ticks",
        ),
    ]
    if given["bound_per_second"] is not None:
        bound = factor(given["bound_per_second"], up=True)
        rows.append(("bound on L, a second", f"{bound}, overshoot {given['overshoot']:.4g}"))
    if level is not None:
        rows += _level_rows(level)
    if given["delay_margin_ms"] is not None:
        rows.append(("proved delay margin", lasting(given["delay_margin_ms"] / 1e3)))
    if given["refutation"]:
        claim = given["refutation"]
        growth = factor(claim["growth_per_tick"] ** (1.0 / tick))
        delay = lasting(claim["delay_ticks"] * tick) if claim["delay_ticks"] else "no"
        rows.append(
            (
                "refuted by",
                f"two solutions that part at least by {growth} a second, with {delay} delay and "
                f"{claim['gain']:.4g} of the thrust commanded",
            )
        )
    if given["contraction"] is not None:
        found = given["contraction"]
        rows.append(("method", _METHODS.get(found["method"], found["method"])))
        rows.append(("boxes verified", f"{len(found['boxes']):,}"))
    rows.append(("time it took", lasting(given["seconds"])))
    return rows


def _level_rows(level: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            "level set reaches",
            f"{quantity(level['reach_m'], 'm')} and {quantity(level['reach_m_s'], 'm/s')}; "
            f"bound by {level['binding']}",
        ),
        ("level set ρ", f"‖ξ‖_P ≤ {quantity(level['rho'], 'm')}"),
        (
            "every error ends within",
            f"{quantity(level['ultimate_m'], 'm')}, ‖ξ‖_P ≤ {quantity(level['ultimate'], 'm')}",
        ),
    ]
