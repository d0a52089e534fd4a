"""The controller as a scenario configures it."""

import numpy as np
import pytest

from harness.controllers.agp import FAMILY
from kernel.modes import Mode


def config(**fields):
    return FAMILY.config_model(kind="agp", **{"bandwidth": 0.02, **fields})


def test_one_number_scales_all_gains():
    gains = config(bandwidth=2.0).scaled_gains()
    plain = config(bandwidth=1.0).scaled_gains()
    assert gains.k_r == pytest.approx(4 * plain.k_r)
    assert gains.k_v == pytest.approx(2 * plain.k_v)
    assert gains.k_i == pytest.approx(8 * plain.k_i)
    assert gains.lambda_decay == pytest.approx(2 * plain.lambda_decay)


def test_the_limit_is_the_plants_unless_a_smaller_one_is_asked_for(short):
    spec = short().spec
    assert FAMILY.limits(config(), spec).tolist() == [7200 / 420000]
    assert FAMILY.limits(config(a_max_m_s2=1e-3), spec).tolist() == [1e-3]
    assert FAMILY.limits(config(a_max_m_s2=9.0), spec).tolist() == [7200 / 420000]


def test_its_layouts_are_those_it_is_built_with(short):
    spec = short().spec
    controller = FAMILY.build(config(), spec, 0.1, Mode.STATION_KEEP)
    assert FAMILY.layouts(config(), spec) == (
        controller.told,
        controller.decided,
        controller.carried,
    )


def test_it_starts_in_the_first_mode_without_a_blend(short):
    controller = FAMILY.build(config(), short().spec, 0.1, Mode.NULL_G)
    assert controller.initial_carried[0, controller.carried["carried_mode"]] == Mode.NULL_G
    elapsed = controller.initial_carried[0, controller.carried["blend_elapsed"]]
    assert elapsed == 10.0 / 0.02
    assert controller.vehicles == 1


def test_a_blend_time_of_ones_own_is_used(short):
    controller = FAMILY.build(config(blend_s=3.0), short().spec, 0.1, Mode.NULL_G)
    assert controller.initial_carried[0, controller.carried["blend_elapsed"]] == 3.0


def test_every_closed_mode_has_a_metric_and_idle_has_none():
    metrics = FAMILY.metrics(config(), 0.1)
    assert set(metrics) == {Mode.NULL_G, Mode.STATION_KEEP, Mode.TRAJECTORY}


def test_a_loop_too_quick_for_its_tick_has_no_metric():
    assert FAMILY.metrics(config(bandwidth=100.0), 1.0) == {}


def test_in_idle_no_first_command_is_warned_of(short):
    scenario = short(sets=["plant.offset_rtn_m=[0, -1e5, 0]"])
    reference = np.zeros((1, 9))
    assert FAMILY.warnings(config(), scenario.spec, Mode.IDLE, reference) == []
    assert len(scenario.warnings) == 1


def test_how_fast_the_memory_forgets_is_told():
    assert FAMILY.lambda_decay(config(bandwidth=2.0)) == pytest.approx(0.23)
