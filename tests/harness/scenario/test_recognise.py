"""A scenario is told from other YAML files, and from what is there to be included."""

import pytest

from harness.scenario.recognise import is_scenario


@pytest.mark.parametrize(
    ("name", "text", "scenario"),
    [
        ("a.yaml", b"format: 1\n", True),
        ("a.yml", b"# what it is\r\nname: x\r\nformat : 1\r\n", True),
        ("a.yaml", b"\xef\xbb\xbfformat: 1\n", True),
        ("a.yaml", b"include: b.yaml\nformat: 1\nplant: [\n", True),
        ("a.yaml", b"format: 1\nname: \xff\n", True),
        ("a.yaml", b"plant:\n  format: 1\n", False),
        ("a.yaml", b"formats: [pdf]\n", False),
        ("a.inc.yaml", b"plant: {mass_kg: 3}\n", False),
        ("a.yaml", b"", False),
        ("a.toml", b"format: 1\n", False),
    ],
)
def test_the_line_that_says_format_makes_a_scenario(tmp_path, name, text, scenario):
    (tmp_path / name).write_bytes(text)
    assert is_scenario(tmp_path / name) == scenario
