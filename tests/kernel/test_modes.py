"""Control modes and their names."""

import pytest

from kernel.modes import LABELS, Mode


def test_the_modes_carry_the_names_that_users_read():
    assert LABELS == ("IDLE", "NULL-G", "STATION-KEEP", "TRAJECTORY")


@pytest.mark.parametrize("mode", Mode)
def test_a_label_names_its_mode(mode):
    assert Mode.from_label(mode.label) is mode


def test_an_unknown_label_is_refused():
    with pytest.raises(KeyError):
        Mode.from_label("ANTI-GRAVITY")
