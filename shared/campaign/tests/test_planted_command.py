"""What the command says of a planted bug: caught by what it breaks, by nothing else, never by a stand that is dead."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaign.campaign import Campaign
from campaign.command import app
from campaign.planted import BugUnknown
from campaign.report import page
from campaign.results import Outcome
from campaign.stand import NotReady

from .outcomes import an_outcome


def outcome(*violated: str) -> Outcome:
    return an_outcome(*violated, fault="F22", planted="inbox-without-key")


def said(monkeypatch: pytest.MonkeyPatch, *trials: Outcome) -> tuple[int, str]:
    async def planted(_: Campaign, __: str) -> list[Outcome]:
        if not trials:
            raise NotReady("not ready: order-api")
        return list(trials)

    monkeypatch.setattr(Campaign, "plant", planted)
    done = CliRunner().invoke(app, ["plant", "--names", "inbox-without-key"])
    return done.exit_code, done.output


def test_a_bug_is_caught_by_the_invariant_that_says_what_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = said(monkeypatch, outcome(), outcome("I5", "I17"))

    assert (code, "caught by I5 in trial 2; also violated: I17" in text) == (0, True)


def test_a_bug_is_not_caught_by_another_invariant(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = said(monkeypatch, outcome("I17"))

    assert (code, "not caught; also violated: I17" in text) == (1, True)


def test_a_stand_that_does_not_get_ready_has_caught_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = said(monkeypatch)

    assert (code, "no trial: not ready: order-api" in text) == (1, True)
    assert "Not caught: inbox-without-key" in text


@pytest.mark.parametrize("more", [["--first", "0"], ["--faults", "F6 F9"], ["--trials", "25"]])
def test_what_a_planted_bug_brings_along_cannot_be_said_and_nothing_is_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more: list[str]
) -> None:
    begun = begins(monkeypatch)

    done = CliRunner().invoke(app, ["run", "--planted", "inbox-without-key", "--directory", str(tmp_path), *more])

    assert done.exit_code == 2
    assert "leave out FAULTS, FIRST and TRIALS" in " ".join(done.output.replace("│", " ").split())
    assert (begun, list(tmp_path.iterdir())) == ([], [])


def test_no_bug_is_planted_when_one_of_them_is_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun = begins(monkeypatch)

    done = CliRunner().invoke(app, ["plant", "--names", "inbox-without-key inbox", "--directory", str(tmp_path)])

    assert isinstance(done.exception, BugUnknown)
    assert (begun, list(tmp_path.iterdir())) == ([], [])


def begins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bugs that are planted from here on; each counts as caught."""
    begun: list[str] = []

    async def planted(_: Campaign, name: str) -> list[Outcome]:
        begun.append(name)
        return [outcome("I5")]

    monkeypatch.setattr(Campaign, "plant", planted)
    return begun


def test_the_page_counts_what_is_caught_and_nothing_else() -> None:
    assert "1 of 16 caught" in page([outcome("I5", "I17")])
    assert "0 of 16 caught" in page([outcome("I17")])
