"""What a machine can hold is told from what was measured on it, and nothing finer than that."""

import errno
import gc
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from amount import of_the_whole
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import floor, floor_parts
from harness.errors import ExitCode, RecorderError
from harness.floor import FloorError, cannot_hold, keep, machine_floor, measure
from harness.latency.histogram import encoded

QUANTILES = ("p50_ns", "p90_ns", "p99_ns", "p99.9_ns", "max_ns")


def made(*ticks_us, sleeps=1000):
    """A floor of this machine from the times of ticks, as (how many, µs)."""
    late = np.full(sleeps, 60_000)
    spent = [np.full((count, 3), [0, 0, us * 1000]) for count, us in ticks_us]
    facts = {"format": 1, "measured": "2026-01-01T00:00:00+00:00", "machine": floor._machine()}
    return {**facts, **floor._derived(late, np.concatenate(spent))}


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache folder, and no way to measure."""

    def refuse(*_):
        raise AssertionError("it was measured")

    monkeypatch.setattr(floor, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(floor, "measure", refuse)
    return tmp_path / "cache"


def kept_file(cache):
    (file,) = [path for path in cache.rglob("*") if path.is_file()]
    return file


@pytest.mark.parametrize(
    ("quantile", "enough"), [("p50_ns", 2), ("p90_ns", 10), ("p99_ns", 100), ("p99.9_ns", 1000)]
)
def test_no_percentile_is_claimed_that_is_finer_than_the_samples(quantile, enough):
    assert floor_parts.distribution(np.arange(enough - 1))[quantile] is None
    assert floor_parts.distribution(np.arange(enough))[quantile] == enough - 2


def test_percentiles_are_by_nearest_rank_in_whatever_order_times_came():
    times = np.random.default_rng(1).permutation(np.arange(1, 2001))
    assert floor_parts.distribution(times) == {
        "n": 2000,
        "p50_ns": 1000,
        "p90_ns": 1800,
        "p99_ns": 1980,
        "p99.9_ns": 1998,
        "max_ns": 2000,
    }


@settings(max_examples=of_the_whole(200))
@given(
    st.lists(st.integers(0, 10**10), min_size=1, max_size=50),
    st.floats(1.0, 1e10),
)
def test_the_kept_distribution_is_that_of_the_times_to_a_thousandth(times, limit):
    (share,) = floor_parts.share_after(encoded(np.array(times)), [limit])
    over = [sum(time > edge for time in times) for edge in (limit, 0.998 * limit - 1.0)]
    assert over[0] <= round(share * len(times)) <= over[1]


def test_a_time_that_no_clock_should_give_is_counted_all_the_same():
    text = encoded(np.array([-5, 10**14]))
    assert floor_parts.share_after(text, [1.0, 1e12]) == [0.5, 0.5]


def test_a_rate_is_held_at_which_one_tick_in_a_thousand_is_late():
    assert cannot_hold(made((1998, 900), (2, 1100)), 1000.0) is None


def test_a_rate_is_not_held_at_which_more_are():
    assert cannot_hold(made((1997, 900), (3, 1100)), 1000.0) == (
        "this machine's floor can't hold 1000 Hz: of its ticks 0.15 % took longer than 1,000 µs "
        "with no controller and no plant (p99.9 1,100 µs); it holds 500 Hz"
    )


def test_any_rate_can_be_asked_for():
    found = made((1997, 900), (3, 1100))
    assert cannot_hold(found, 900.0) is None
    assert cannot_hold(found, 0.001) is None
    assert cannot_hold(found, 910.0) is not None
    assert "can't hold 12345.6 Hz: of its ticks 100 % took longer than 81 µs" in str(
        cannot_hold(found, 12345.6)
    )


def test_where_no_rate_is_held_that_is_said():
    found = made((1000, 200_000))
    assert found["holds_hz"] is None
    assert str(cannot_hold(found, 10.0)).endswith("; it holds none of 10 to 4000 Hz")


def test_rates_say_what_share_is_missed_and_the_highest_held_is_named():
    found = made((9900, 100), (90, 300), (10, 12_000))
    assert found["holds_hz"] == 2000
    assert found["rates"] == [
        *({"rate_hz": hz, "missed_share": 0.0, "held": True} for hz in (10, 50)),
        *(
            {"rate_hz": hz, "missed_share": 0.001, "held": True}
            for hz in (100, 200, 250, 500, 1000, 2000)
        ),
        {"rate_hz": 4000, "missed_share": 0.01, "held": False},
    ]
    for rate in found["rates"]:
        assert (cannot_hold(found, rate["rate_hz"]) is None) == rate["held"]


def test_a_kept_floor_is_not_measured_again(cache):
    keep(made((1000, 50)))
    assert machine_floor() == made((1000, 50))


def test_a_floor_that_is_not_kept_is_measured_once_and_quickly(cache, monkeypatch):
    asked = []
    monkeypatch.setattr(floor, "measure", lambda s: asked.append(s) or made((1000, 50)))
    assert machine_floor() == machine_floor() == made((1000, 50))
    assert asked == [1.0]


@pytest.fixture
def measured_anew(cache, monkeypatch):
    """Whether what is kept is ignored, and replaced."""

    def check():
        monkeypatch.setattr(floor, "measure", lambda s: made((1000, 70)))
        assert machine_floor() == made((1000, 70))
        return json.loads(kept_file(cache).read_text())["floor"] == made((1000, 70))

    return check


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:-40],
        lambda text: text.replace('"missed_share": 0.0', '"missed_share": 0.5'),
        lambda text: text.replace('"floor"', '"flour"'),
        lambda text: "[" * 100_000,
        lambda text: "[1]",
        lambda text: "null",
        lambda text: '{"floor": 1, "sha256": "1"}',
    ],
)
def test_a_damaged_file_is_ignored(cache, measured_anew, damage):
    keep(made((1000, 50)))
    file = kept_file(cache)
    file.write_text(damage(file.read_text()))
    assert measured_anew()


def test_a_file_that_is_no_text_is_ignored(cache, measured_anew):
    keep(made((1000, 50)))
    kept_file(cache).write_bytes(b"\xff\x00")
    assert measured_anew()


@pytest.mark.parametrize("name", ["cpu", "kernel", "python", "jaxlib", "cores"])
def test_another_machine_has_a_floor_of_its_own(cache, monkeypatch, name):
    keep(made((1000, 50)))
    here = floor._machine()
    monkeypatch.setattr(floor, "_machine", lambda: {**here, name: "another"})
    monkeypatch.setattr(floor, "measure", lambda s: made((1000, 70)))
    assert machine_floor() == made((1000, 70))
    assert machine_floor()["machine"][name] == "another"


def test_a_floor_of_another_format_is_ignored(cache, measured_anew):
    keep({**made((1000, 50)), "format": 2})
    assert measured_anew()


def test_a_full_disk_is_no_error_and_leaves_nothing_half_made(cache, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(floor, "measure", lambda s: made((1000, 70)))
    monkeypatch.setattr(Path, "replace", full)
    assert machine_floor() == made((1000, 70))
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_a_cache_that_can_not_be_made_is_no_error(cache, monkeypatch):
    monkeypatch.setattr(floor, "cache_folder", lambda: Path("/proc/nowhere"))
    keep(made((1000, 50)))


@pytest.mark.parametrize("seconds", [0.0, -1.0, 3601.0, float("inf"), float("nan")])
def test_a_time_that_can_not_be_measured_for_is_named(seconds):
    with pytest.raises(FloorError, match=r"for \S+ s; give more than 0 and at most 3600") as error:
        measure(seconds)
    assert error.value.exit_code is ExitCode.WRONG_INPUT


def test_without_a_temporary_folder_that_is_told(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(RecorderError, match="temporary folder can't be made: No such file"):
        floor_parts.laps(1)


@pytest.fixture
def temporary(monkeypatch, tmp_path):
    """An empty folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.alone
def test_this_machine_is_measured(temporary):
    told = []
    assert gc.isenabled()
    found = measure(0.1, told.append)
    assert gc.isenabled()
    assert list(temporary.iterdir()) == []
    assert told == ["20 sleeps", "1,000 ticks"]

    assert json.loads(json.dumps(found)) == found
    assert found["format"] == 1
    assert found["machine"] == floor._machine()
    parts = found["parts"]
    assert list(parts) == ["timer", "wake_up", "jax_dispatch", "hand_over", "tick"]
    assert parts["timer"]["n"] == 20
    for name, part in parts.items():
        claimed = [part[key] for key in QUANTILES if part[key] is not None]
        assert len(claimed) == (3 if name == "timer" else 5)
        assert claimed == sorted(claimed)
        assert claimed[0] > 0
    for name in ("wake_up", "jax_dispatch", "hand_over"):
        assert parts[name]["n"] == parts["tick"]["n"] == 1000
        assert parts[name]["p50_ns"] < parts["tick"]["p50_ns"]
        assert parts[name]["max_ns"] <= parts["tick"]["max_ns"]
    shares = [rate["missed_share"] for rate in found["rates"]]
    assert shares == sorted(shares)
    assert cannot_hold(found, 1e7) is not None


@pytest.mark.alone
def test_an_interrupted_measurement_leaves_nothing_behind(temporary, monkeypatch):
    class Interrupted(floor_parts.RealTime):
        def wait(self, due_ns):
            assert list(temporary.iterdir())
            raise KeyboardInterrupt

    monkeypatch.setattr(floor_parts, "RealTime", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure(0.1)
    assert list(temporary.iterdir()) == []
    assert gc.isenabled()
