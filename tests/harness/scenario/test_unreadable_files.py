"""A file that is no scenario is refused in one line, and nothing is written."""

import pytest

from harness.errors import ExitCode, ScenarioError
from harness.scenario.load import load_scenario
from harness.scenario.read import read_document

CASES = {
    "empty": (b"", ": is empty; a scenario starts with 'format: 1'"),
    "only a comment": (b"# to do\n", ": is empty; a scenario starts with 'format: 1'"),
    "a list": (b"- 1\n- 2\n", ":1:1: is a list; a scenario is a mapping of keys"),
    "a single value": (b"hello\n", ":1:1: is a single value; a scenario is a mapping of keys"),
    "indented by a tab": (
        b"format: 1\nplant:\n\tkind: orbit\n",
        ":3:1: not YAML: a tab can't indent YAML; use spaces",
    ),
    "a picture": (
        b"\x89PNG\r\n\x1a\n\xff",
        ": is not UTF-8 text (byte 0); expected a YAML scenario",
    ),
    "Latin-1": (
        b"format: 1\nname: Z\xfcrich\n",
        ": is not UTF-8 text (byte 17); expected a YAML scenario",
    ),
}


def refusal(path):
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    assert refused.value.exit_code is ExitCode.WRONG_INPUT
    assert list(path.parent.iterdir()) in ([path], [])
    return str(refused.value)


@pytest.mark.parametrize(("content", "message"), CASES.values(), ids=CASES)
def test_what_is_no_scenario_is_told_in_one_line(tmp_path, content, message):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    assert refusal(path) == f"{path}{message}"


def test_a_missing_file_is_told(tmp_path):
    path = tmp_path / "none.yaml"
    assert refusal(path) == f"{path}: no such file"


def test_a_folder_is_told(tmp_path):
    path = tmp_path / "folder.yaml"
    path.mkdir()
    assert refusal(path) == f"{path}: is a folder; name a scenario file"


@pytest.mark.parametrize(
    "content",
    [
        b"format: 1\x00\n",
        b"name: \x07\n",
        b"a: [1, 2\n",
        b"a: 'b\n",
        b"a: *nobody\n",
        b"a: 1\n---\nb: 2\n",
        b"a: !!omap [x: 1]\n",
        b"a: !!python/object:os.system x\n",
        b"a: &a [*a]\n",
        b"a: &a {b: *a}\n",
        b"a: " + b"[" * 3000 + b"]" * 3000,
        b"a: " + b"{a: " * 1500 + b"}" * 1500,
        b"a: " + b"9" * 5000,
        b"? [1, 2]\n: 3\n",
        b": 3\n",
        b"true: 3\n",
        b"1: 3\n",
        b"2001-01-01: 3\n",
    ],
    ids=lambda content: content[:24].decode("latin-1"),
)
def test_yaml_at_its_worst_is_refused_with_a_named_error(tmp_path, content):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    assert refusal(path).startswith(str(path))


def test_a_byte_order_mark_is_no_obstacle(tmp_path):
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfformat: 1\n")
    assert read_document(path).data == {"format": 1}
