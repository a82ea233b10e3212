"""The page: every figure is counted from the trials on file, and what was planted is kept apart from what was found."""

from __future__ import annotations

from dataclasses import replace

from campaign.faults import FAULTS
from campaign.planted import PLANTED
from campaign.report import page, repeat
from campaign.results import COUNTED, Outcome

from .outcomes import an_outcome

REPEAT_F9 = "`make campaign SEED=3 FIRST=17 TRIALS=1 FAULTS=F9`"


def row_of(text: str, first: str) -> list[str]:
    """The cells of the one row that begins with this one."""
    [row] = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def bug_of(*trials: Outcome) -> str:
    """What the page says of a bug that I4, I7 and I13 show."""
    return row_of(page([each for each in trials if each.planted]), "offset-reset-latest")[3]


def planted(*violated: str, number: int = 0) -> Outcome:
    return an_outcome(*violated, number=number, fault="F8", planted="offset-reset-latest")


def test_without_a_violation_the_head_says_how_often_one_could_still_be() -> None:
    trials = [an_outcome(recovery=1.0), an_outcome(recovery=7.54), an_outcome(recovery=None), an_outcome(fault="F9")]

    text = page([*trials * 10])

    assert "**40 seeded faults of 2 kinds, 0 of them with a violated invariant; slowest recovery 7.5 s.**" in text
    assert "With no failure in 40 independent trials" in text
    assert "3/40 = 7.5 % a trial. It is not never." in text
    assert "No invariant was violated." in text


def test_with_a_violation_there_is_no_bound_and_each_such_trial_is_named_with_how_to_repeat_it() -> None:
    bad = an_outcome("I10", "I4", "I10", seed=3, number=17, fault="F9")

    text = page([an_outcome(), bad])

    assert "**2 seeded faults of 2 kinds, 1 of them with a violated invariant; slowest recovery 1.0 s.**" in text
    assert row_of(text, "17") == ["17", "F9", "I4 I10", "abc1234", REPEAT_F9, "no"]
    assert "independent trials" not in text
    assert "No invariant was violated." not in text


def test_after_a_violation_the_bound_is_that_of_the_trials_since() -> None:
    bad = an_outcome("I4", begun_at="2026-01-02T04:00:00+00:00")
    later = [an_outcome(begun_at=f"2026-01-02T05:0{minute}:00+00:00") for minute in range(4)]

    text = page([later[0], bad, an_outcome(), *later[1:]])

    assert "**6 seeded faults of 1 kinds, 1 of them with a violated invariant; slowest recovery 1.0 s.**" in text
    assert "With no failure in the 4 trials since the last of them the 95 % upper bound" in text
    assert "3/4 = 75.0 % a trial." in text
    assert "3/" not in page([an_outcome(), bad])


def test_of_a_violation_it_says_what_came_of_the_same_trial_when_it_was_repeated() -> None:
    first, other = an_outcome("I4", number=17), an_outcome(number=18, commit="def5678")
    holds, fails = (replace(first, commit="def5678", violations=each) for each in ([], first.violations))

    assert row_of(page([first, other]), "17")[-1] == "no"
    assert row_of(page([first, other, holds]), "17")[-1] == "holds at def5678"
    assert page([first, other, fails]).count("| violated again at def5678 |") == 1


def test_a_trial_is_repeated_with_its_planted_bug() -> None:
    assert repeat(an_outcome(seed=3, number=17, fault="F9")) == REPEAT_F9
    assert repeat(planted(number=1)) == "`make campaign SEED=1 PLANTED=offset-reset-latest`"


def test_counts_are_summed_over_the_trials_without_the_planted_ones() -> None:
    counts = {"loops": 800, "events": 600_000, "duplicates": 5}
    without_kafka = {"sent_without_kafka": 1200, "refused_without_kafka": 3}
    bugged = an_outcome(planted="offset-reset-latest", counts=counts | without_kafka)

    text = page([an_outcome(counts=counts), an_outcome(counts=counts | without_kafka), bugged])

    assert row_of(text, "loops begun") == ["loops begun", "1,600"]
    assert row_of(text, "events") == ["events", "1,200,000"]
    assert row_of(text, "duplicates absorbed") == ["duplicates absorbed", "10"]
    assert row_of(text, COUNTED["lost"])[1] == "0"
    assert "Commands sent while Kafka was down: 1,200; refused because of it: 3." in text


def test_each_fault_has_a_row_with_the_spread_of_its_recoveries() -> None:
    many = [an_outcome(fault="F10", recovery=float(100 - place), hold=float(place**2)) for place in range(101)]
    two = [an_outcome(fault="F2", recovery=2.0, hold=0.1), an_outcome("I4", "I7", fault="F2", recovery=1.0, hold=0.3)]

    text = page([*many, *two, planted("I4")])

    assert row_of(text, "F10") == ["F10", FAULTS["F10"].title, "101", "0", "2500.0", "50.0", "99.0", "100.0"]
    assert row_of(text, "F2") == ["F2", FAULTS["F2"].title, "2", "1", "0.2", "1.5", "2.0", "2.0"]
    assert [line.split()[1] for line in text.splitlines() if line.startswith("| F")] == ["F2", "F10"]


def test_a_trial_that_did_not_recover_has_no_part_in_the_spread() -> None:
    text = page([an_outcome("I17", recovery=None), an_outcome("I17", fault="F9", recovery=None), an_outcome()])

    assert row_of(text, "F6")[2:] == ["2", "1", "2.0", "1.0", "1.0", "1.0"]
    assert row_of(text, "F9")[2:] == ["1", "1", "2.0", "", "", ""]


def test_a_planted_bug_is_caught_by_the_invariants_that_say_what_it_breaks() -> None:
    assert bug_of(planted("I17", "I10", "I7", "I4")) == "I4 I7"


def test_a_planted_bug_that_nothing_or_only_another_invariant_shows_is_not_caught() -> None:
    assert bug_of(planted()) == "**not caught**"
    assert bug_of(planted("I17", "I10")) == "**not caught**"
    assert f"0 of {len(PLANTED)} caught" in page([planted("I17", "I10")])


def test_a_planted_bug_without_a_trial_was_not_run() -> None:
    assert bug_of(an_outcome()) == "not run"
    assert f"each switched on alone: 0 of {len(PLANTED)} caught." in page([an_outcome()])


def test_the_last_trial_of_a_planted_bug_decides() -> None:
    caught, missed = planted("I4"), planted(number=1)
    other = an_outcome("I5", planted="inbox-without-key")

    assert (bug_of(caught, missed), bug_of(missed, caught)) == ("**not caught**", "I4")
    assert f"1 of {len(PLANTED)} caught" in page([other, caught, missed])
    assert f"2 of {len(PLANTED)} caught" in page([missed, other, caught])


def test_what_a_planted_bug_violates_is_no_violation_of_the_platform() -> None:
    text = page([an_outcome(), planted("I4", number=17)])

    assert "**1 seeded faults of 1 kinds, 0 of them with a violated invariant" in text
    assert "No invariant was violated." in text


def test_the_page_says_of_what_it_was_made() -> None:
    text = page(
        [
            an_outcome(seed=10, commit="bbb", begun_at="2026-01-03T03:04:05+00:00", versions={"Kafka": "4.3.0"}),
            an_outcome(seed=2, commit="aaa"),
            an_outcome(seed=2, commit="bbb", versions={"Python": "3.11.7", "Kafka": "4.3.1"}),
        ]
    )

    said = "Seeds: 2, 10. Commits: bbb, aaa. Days: 2026-01-02, 2026-01-03. Versions: Python 3.11.7; Kafka 4.3.1.\n"
    assert text.endswith(said)


def test_with_no_trial_on_file_the_page_says_so_and_promises_nothing() -> None:
    text = page([])

    assert "No trial is on file yet: `make campaign`." in text
    assert text.count("| not run |") == len(PLANTED)
    assert not any(words in text for words in ("independent trials", "was violated", "Commits:", "in all trials"))
