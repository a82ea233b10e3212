"""Trials on file: each is there once it was added, half a line is none, and a run goes on where its seed stopped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from campaign.results import Outcome, Results

from .outcomes import an_outcome

TORN = b'{"seed": 1, "number": 7, "fault": "F'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "campaign" / "trials.jsonl"


def test_what_was_added_is_read_as_it_was(path: Path) -> None:
    added = [
        an_outcome(counts={"loops": 3, "events": 1200}, versions={"Kafka": "4.3.1"}),
        an_outcome("I4", "I17", number=1, recovery=None, planted="offset-before-commit", aims=["größer", "a\u2028b"]),
    ]

    for each in added:
        Results(path).add(each)

    assert Results(path).all() == added


def test_without_a_file_there_is_no_trial_and_none_is_made(path: Path) -> None:
    assert Results(path).all() == []
    assert Results(path).next_number(1) == 0
    assert not path.parent.exists()


def test_a_trial_is_on_disk_before_the_next_one_begins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(path.read_bytes().count(b"\n"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    Results(path).add(an_outcome())
    Results(path).add(an_outcome(number=1))

    assert synced == [1, 2]


def test_a_torn_last_line_is_no_trial_and_reading_leaves_it_where_it_is(path: Path) -> None:
    Results(path).add(an_outcome())
    torn = path.read_bytes() + TORN
    path.write_bytes(torn)

    assert Results(path).all() == [an_outcome()]
    assert Results(path).next_number(1) == 1
    assert path.read_bytes() == torn


@pytest.mark.parametrize("whole", [[], [an_outcome(), an_outcome(number=1)]], ids=["alone", "after whole ones"])
def test_a_torn_last_line_is_cut_off_by_the_next_trial(path: Path, whole: list[Outcome]) -> None:
    path.parent.mkdir()
    path.touch()
    for each in whole:
        Results(path).add(each)
    with path.open("ab") as file:
        file.write(TORN)

    Results(path).add(an_outcome(number=2))

    assert Results(path).all() == [*whole, an_outcome(number=2)]
    assert TORN not in path.read_bytes()


def test_a_run_goes_on_after_the_highest_number_of_its_own_seed(path: Path) -> None:
    for seed, number in ((1, 4), (1, 2), (2, 9)):
        Results(path).add(an_outcome(seed=seed, number=number))

    assert {seed: Results(path).next_number(seed) for seed in (1, 2, 3)} == {1: 5, 2: 10, 3: 0}


def test_trials_of_planted_bugs_do_not_count_as_trials_of_the_seed(path: Path) -> None:
    Results(path).add(an_outcome(number=3))
    Results(path).add(an_outcome("I4", number=20, planted="offset-before-commit"))

    assert Results(path).next_number(1) == 4


def test_each_violated_invariant_is_named_once_in_the_order_of_their_numbers() -> None:
    assert an_outcome("I10", "I4", "I10", "I17", "I4").invariants == ["I4", "I10", "I17"]
