"""What a formula demands must exist in the run, be of one unit, and fit into its length."""

import pytest

from harness.formula.check import RunFacts, check
from harness.formula.parse import parse
from harness.formula.syntax import FormulaError
from harness.trace.schema import TraceColumn
from kernel.modes import LABELS

VECTORS = {"position": "m", "error_position": "m", "velocity": "m/s"}
COLUMNS = [
    TraceColumn("t_ns", "int64", "ns"),
    TraceColumn("vehicle", "category", categories=("chaser", "target")),
    *(TraceColumn(f"{v}_{axis}", unit=unit) for v, unit in VECTORS.items() for axis in "xyz"),
    TraceColumn("delta_v", unit="m/s"),
    TraceColumn("ratio"),
    TraceColumn("limited", "bool"),
    TraceColumn("control_mode", "category", categories=LABELS),
    TraceColumn("carried_mode", "category", categories=LABELS),
]
RUN = RunFacts({c.name: c for c in COLUMNS}, ("chaser", "target"), rate_hz=10.0, duration_s=100.0)


def checked(text, run=RUN):
    check(parse(text), text, run)


@pytest.mark.parametrize(
    "text",
    [
        "always[60:100] (norm(error_position) <= 50 m)",
        "always (norm(position - position@target) <= 150 m)",
        "norm(velocity_x, velocity_y) <= 3 m/s",
        "always (abs(delta_v - 420*(1 - exp(-delta_v/2942.0))) <= 0.5)",
        "norm(-position + error_position) > position_x@target",
        "50 m >= norm(position)",
        "delta_v * 3 <= norm(position)",
        "ratio <= 3",
        "limited == 1",
        "0 == limited@target",
        "limited == limited@target",
        "limited <= 0",
        "control_mode == STATION-KEEP",
        "IDLE == control_mode@target",
        "control_mode == carried_mode",
        "always (ratio <= 1 -> eventually[0:100] ratio < 0)",
        "always[0:60] eventually[0:40] ratio < 0",
        "(ratio < 1) until[0:100] (ratio < 0)",
        "always[0.3:0.3] ratio < 1",
        "min(position_x, 3 m, position_y) < 1 m",
    ],
)
def test_what_the_run_has_can_be_spoken_of(text):
    checked(text)


@pytest.mark.parametrize(
    ("text", "message", "there"),
    [
        ("error_positon_x < 1", "did you mean 'error_position_x'?", "error_positon_x"),
        ("norm(eror_position) < 1", "did you mean 'error_position'?", "eror_position"),
        ("t_ns < 1", "no column 't_ns'; allowed: carried_mode, control_mode, delta_v, ", "t_ns"),
        ("vehicle == IDLE", "no column 'vehicle'", "vehicle"),
        ("nrm(position) < 1", "no function 'nrm'; did you mean 'norm'?", "nrm(position)"),
        (
            "position < 1",
            "position is a vector; write norm(position) or position_x",
            "position",
        ),
        ("2*position < 1", "position is a vector; write norm(position) or", "position"),
        (
            "position - position@target < 1",
            "position - position@target is a vector; write norm(position - position@target)",
            "position - position@target",
        ),
        ("norm(delta_v) < 1", "delta_v is no vector; write abs(…) of a number", "delta_v"),
        ("norm(position, delta_v) < 1", "position is in 'm', not 'm/s'", "delta_v"),
        ("norm(position + 1) < 1", "position is a vector", "position"),
        ("sqrt(ratio, ratio) < 1", "sqrt takes one value, not 2", "sqrt(ratio, ratio)"),
        ("delta_v - ratio < 1", "delta_v is in 'm/s', not 'no unit'", "ratio"),
        ("max(delta_v) < 1", "max takes two values or more", "max(delta_v)"),
        ("norm(position) <= 50 km", "norm(position) is in 'm', not 'km'", "50 km"),
        ("50 m/s >= norm(position)", "norm(position) is in 'm', not 'm/s'", "50 m/s"),
        ("ratio <= 5 m", "ratio is in 'no unit', not 'm'", "5 m"),
        ("position_x < velocity_x", "position_x is in 'm', not 'm/s'", "velocity_x"),
        ("position_x + delta_v < 1", "position_x is in 'm', not 'm/s'", "delta_v"),
        ("delta_v@targt < 1", "no vehicle 'targt'; did you mean 'target'?", "delta_v@targt"),
        ("delta_v@all < 1", "no vehicle 'all'; allowed: chaser, target", "delta_v@all"),
        ("control_mode == STATION", "no such value; did you mean 'STATION-KEEP'?", "STATION"),
        ("control_mode == 2", "2 can't be compared with a category", "2"),
        ("control_mode == ratio", "ratio can't be compared with a category", "ratio"),
        ("ratio == IDLE", "ratio can't be compared with a category", "ratio"),
        ("control_mode < IDLE", "compared by == with one of their values", "control_mode < IDLE"),
        ("control_mode + 1 < 2", "control_mode is no number", "control_mode"),
        ("ratio == 1", "for numbers write abs(a - b) <= tolerance", "ratio == 1"),
        ("limited == 2", "booleans with 0 or 1", "limited == 2"),
        ("1 < 2", "no signal is compared here", "1 < 2"),
        ("IDLE == IDLE", "no signal is compared here", "IDLE == IDLE"),
        ("always[0:100.1] ratio < 1", "reaches to 100.1 s; the run ends at 100 s", "[0:100.1]"),
        ("always[101:] ratio < 1", "reaches to 101 s; the run ends at 100 s", "[101:]"),
        (
            "always[0:60] eventually[0:41] ratio < 1",
            "the window reaches, with those around it, to 101 s; the run ends at 100 s",
            "[0:41]",
        ),
        ("(always[0:50] ratio < 1) until[0:60] (ratio < 0)", "to 110 s", "[0:50]"),
        ("always[0.31:0.39] ratio < 1", "no tick falls into the window at 10 Hz", "[0.31:0.39]"),
    ],
)
def test_what_it_has_not_is_told_with_its_place(text, message, there):
    with pytest.raises(FormulaError) as refused:
        checked(text)
    assert message in str(refused.value)
    assert text[slice(*refused.value.at)] == there


@pytest.mark.parametrize(("rate_hz", "duration_s"), [(30.0, 5400.0), (7.0, 3000.0), (10.0, 0.3)])
def test_a_window_may_end_with_the_run(rate_hz, duration_s):
    run = RunFacts(RUN.columns, RUN.vehicles, rate_hz, duration_s)
    checked(f"always[0:{duration_s}] ratio < 1", run)
    checked(f"always[{duration_s}:] ratio < 1", run)
