"""Whatever is written, an author meets a named error and never a traceback."""

from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from harness.errors import ScenarioError
from harness.scenario.load import load_scenario
from harness.scenario.shipped import shipped_folder

TEXT = (shipped_folder() / "iss_slot.yaml").read_text(encoding="utf-8")
PLAIN = YAML(typ="safe", pure=True).load(TEXT)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["orbit", "agp", "slot", "IDLE", "j2", "norm(position)", 0, 1, 1e-3, 10]),
)
keys = st.one_of(
    st.sampled_from(["kind", "at_s", "mode", "signal", "unit", "at_most", "gravity", "name"]),
    st.text(max_size=5),
    st.integers(0, 3),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)


def replaced(node, path, value):
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


def paths_of(node):
    found = [()]
    if isinstance(node, dict):
        for key, value in node.items():
            found += [(key, *rest) for rest in paths_of(value)]
    if isinstance(node, list):
        for index, value in enumerate(node):
            found += [(index, *rest) for rest in paths_of(value)]
    return found


def load_or_refuse(content, sets=()):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_bytes(content)
        with suppress(ScenarioError):
            load_scenario(path, sets)


def dumped(plain):
    stream = BytesIO()
    YAML(typ="safe", pure=True).dump(plain, stream)
    return stream.getvalue()


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    load_or_refuse(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content):
    load_or_refuse(content)


@given(st.text(st.sampled_from(list(" \n\t-:[]{}#&*!|>'\"%@`?,<a1.~eE+\\")), max_size=40))
def test_any_punctuation_is_read_or_refused(text):
    load_or_refuse(text.encode())


@given(st.integers(0, len(TEXT)), st.integers(0, 30), st.text(max_size=6))
def test_a_shipped_scenario_damaged_anywhere_is_read_or_refused(start, length, text):
    damaged = TEXT[:start] + text + TEXT[start + length :]
    load_or_refuse(damaged.encode("utf-8", "surrogatepass"))


@given(st.sampled_from(paths_of(PLAIN)), values)
@settings(max_examples=200)
def test_any_value_anywhere_is_read_or_refused(path, value):
    load_or_refuse(dumped(replaced(PLAIN, path, value)))


words = st.sampled_from(
    [
        *("always", "eventually[0:9]", "until[1:2]", "not", "and", "->", "(", ")", "norm(", "<="),
        *("3", "1 m", "-", "/", "==", "position", "position@iss", "delta_v", "limited", "IDLE"),
        "control_mode",
    ]
)


@given(
    st.one_of(st.text(), st.lists(words, max_size=12).map(" ".join)),
    st.sampled_from(["all", "any", "iss", "x"]),
)
@settings(max_examples=200)
def test_any_formula_is_read_or_refused(formula, vehicle):
    criteria = {"short": formula, "long": {"formula": formula, "vehicle": vehicle}}
    load_or_refuse(dumped(replaced(PLAIN, ("expect",), criteria)))


@given(st.dictionaries(st.sampled_from(list(PLAIN)), values))
def test_any_mapping_is_read_or_refused(plain):
    load_or_refuse(dumped(plain))


@given(
    st.sampled_from([".".join(map(str, path)) for path in paths_of(PLAIN)] + ["", "x", "plant.x"]),
    st.text(max_size=12),
)
def test_any_override_is_applied_or_refused(key, text):
    load_or_refuse(TEXT.encode(), [f"{key}={text}"])


@pytest.mark.parametrize("length", range(0, len(TEXT), 97))
def test_a_file_cut_anywhere_is_read_or_refused(length):
    load_or_refuse(TEXT.encode()[:length])
