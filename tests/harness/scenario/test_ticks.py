"""A run is a whole number of ticks of whole nanoseconds."""

import pytest


@pytest.mark.parametrize(
    ("rate_hz", "duration_s", "tick_ns", "ticks"),
    [
        ("10", "2", 100_000_000, 20),
        ("3", "20", 333_333_333, 60),
        ("1000", "1.001", 1_000_000, 1001),
        ("0.5", "4", 2_000_000_000, 2),
        ("10", "0.1", 100_000_000, 1),
    ],
)
def test_a_duration_and_a_rate_become_ticks(short, rate_hz, duration_s, tick_ns, ticks):
    sets = [
        f"rate_hz={rate_hz}",
        f"duration_s={duration_s}",
        "expect.settled_on_the_slot.after_s=0",
    ]
    scenario = short(sets=sets)
    assert (scenario.tick_ns, scenario.ticks) == (tick_ns, ticks)
    assert scenario.dt == tick_ns * 1e-9


def test_everything_left_out_is_filled_in_as_it_will_run(short):
    resolved = short().resolved()
    assert resolved["plant"]["substeps"] == 2
    assert resolved["controller"]["gains"]["k_v_per_s"] == 0.6
    assert resolved["reference"] == {"kind": "slot", "gravity": "j2", "third_bodies": []}
    assert resolved["duration_s"] == 2.0
