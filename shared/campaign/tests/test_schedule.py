"""The schedule: a seed and a number are one trial, today and in a later version, and every fault has its turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaign.command import app
from campaign.faults import FAULTS
from campaign.schedule import WARM_UP, FaultUnknown, Trial, chosen, trial

ALL = [f"F{number}" for number in range(1, 26)]


def order(seed: int, turn: int) -> list[str]:
    """The faults in the order in which they come in this round."""
    return [trial(seed, number, ALL).fault for number in range(turn * len(ALL), (turn + 1) * len(ALL))]


def test_a_trial_of_the_first_results_on_file_is_drawn_as_it_was_then() -> None:
    assert trial(2, 1, ALL) == Trial(
        number=1, fault="F14", warm_up=5.11, hold=5.55, load_seed=2924942105, fault_seed=2326069797
    )


def test_a_trial_alone_with_its_fault_is_the_trial_that_it_was_in_the_campaign() -> None:
    drawn = [trial(7, number, ALL) for number in range(60)]

    assert [trial(7, each.number, [each.fault]) for each in drawn] == drawn


def test_the_dice_of_a_trial_fall_the_same_way_each_time() -> None:
    drawn = trial(7, 3, ALL)

    assert [drawn.dice.random() for _ in range(2)] == [trial(7, 3, ALL).dice.random()] * 2


def test_each_round_has_every_fault_once() -> None:
    assert [sorted(order(1, turn)) for turn in range(4)] == [sorted(ALL)] * 4


def test_each_round_has_an_order_of_its_own() -> None:
    assert len({tuple(order(1, turn)) for turn in range(4)}) == 4


def test_another_seed_has_another_order() -> None:
    assert len({tuple(order(seed, 0)) for seed in range(4)}) == 4


def test_the_same_fault_is_another_trial_under_another_number_or_seed() -> None:
    drawn = [trial(1, 0, ["F6"]), trial(1, 1, ["F6"]), trial(2, 0, ["F6"])]

    assert len({each.warm_up for each in drawn}) == 3
    assert len({each.hold for each in drawn}) == 3
    assert len({seed for each in drawn for seed in (each.load_seed, each.fault_seed)}) == 6


def test_a_fault_is_held_for_a_time_of_its_own_range() -> None:
    outside = [
        drawn
        for drawn in (trial(3, number, ALL) for number in range(500))
        if not WARM_UP[0] <= drawn.warm_up <= WARM_UP[1]
        or not FAULTS[drawn.fault].hold[0] <= drawn.hold <= FAULTS[drawn.fault].hold[1]
    ]

    assert outside == []


@pytest.mark.parametrize("wanted", ["F10 F9 F1", "F10,F9,F1", "F9, F10 F1"])
def test_faults_are_chosen_by_name_and_come_in_the_order_of_their_numbers(wanted: str) -> None:
    assert chosen(wanted) == ["F1", "F9", "F10"]


def test_all_faults_are_chosen_when_none_is_named() -> None:
    assert chosen("") == ALL


def test_an_unknown_fault_is_refused_with_those_that_there_are_and_nothing_is_begun(tmp_path: Path) -> None:
    with pytest.raises(FaultUnknown) as refused:
        chosen("F6 F26 kafka")

    assert str(refused.value) == f"F26 kafka: choose among {' '.join(ALL)}"
    done = CliRunner().invoke(app, ["run", "--faults", "F6 F26", "--directory", str(tmp_path)])
    assert isinstance(done.exception, FaultUnknown)
    assert list(tmp_path.iterdir()) == []
