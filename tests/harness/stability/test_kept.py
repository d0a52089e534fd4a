"""A proof is made once, and made again whenever anything that it rests on has changed."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.stability import kept
from harness.stability.certificate import digest
from harness.stability.kept import certificate_of


@pytest.fixture(autouse=True)
def _empty(monkeypatch, tmp_path):
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path)


class Proving:
    def __init__(self):
        self.seen = 0

    def __call__(self):
        self.seen += 1


def test_the_second_time_nothing_is_proved(station):
    first, second = Proving(), Proving()
    made = certificate_of(station(), first)
    assert certificate_of(station(), second) == made
    assert first.seen > 0
    assert second.seen == 0


@pytest.mark.parametrize(
    "change", ["controller.bandwidth=0.021", "certificate.mass_percent=9", "plant.gravity=j6"]
)
def test_another_loop_or_claim_is_proved_anew(station, change):
    certificate_of(station())
    again = Proving()
    certificate_of(station(change), again)
    assert again.seen > 0


def test_a_proof_that_is_wanted_anew_is_made_and_kept(station):
    certificate_of(station())
    again, third = Proving(), Proving()
    made = certificate_of(station(), again, anew=True)
    assert again.seen > 0
    assert certificate_of(station(), third) == made
    assert third.seen == 0


def test_other_criteria_need_no_other_proof(station):
    certificate_of(station())
    again = Proving()
    certificate_of(station("expect.bears_delay.at_least_ms=200"), again)
    assert again.seen == 0


@pytest.mark.parametrize("text", ["", "{", '{"verdict": "PROVED", "sha256": "0"}'])
def test_what_is_damaged_is_proved_anew(station, tmp_path, text):
    made = certificate_of(station())
    (file,) = (tmp_path / "certificates").glob("*.json")
    file.write_text(text)
    again = Proving()
    found = certificate_of(station(), again)
    assert again.seen > 0
    assert {**found, "seconds": 0, "sha256": 0} == {**made, "seconds": 0, "sha256": 0}
    assert json.loads(file.read_text()) == found


def test_without_room_to_keep_it_it_is_proved_all_the_same(station, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path / "file")
    made = certificate_of(station())
    assert made["sha256"] == digest({k: v for k, v in made.items() if k != "sha256"})


def test_a_proof_can_be_broken_off(station, tmp_path):
    def enough():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        certificate_of(station(), enough)
    assert not list(tmp_path.rglob("*.json"))
    assert certificate_of(station())["verdict"] == "PROVED"  # and keeps nobody waiting


def test_who_comes_while_it_is_proved_waits_and_takes_that_proof(station):
    one, other = Proving(), Proving()
    scenario = station()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda watch: certificate_of(scenario, watch), (one, other))
    assert first == second  # seconds taken included: there was one proof
