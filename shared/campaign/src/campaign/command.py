"""`python -m campaign`: the commands. Results add up in `.local/campaign/trials.jsonl`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from campaign import report
from campaign.campaign import Campaign, runnable
from campaign.faults import FAULTS
from campaign.planted import PLANTED, found
from campaign.results import Outcome, Results
from campaign.schedule import chosen, in_order
from campaign.stand import NotReady
from orderloop.platform.home import default_directory

SMOKE = ("F1", "F2", "F3", "F6", "F8", "F9", "F11", "F15", "F20", "F22")
"""One of each family; the full campaign has all of them."""

TRIALS = 25
"""Trials of one run, unless said."""

BRINGS_ITS_OWN = (
    "a planted bug brings its own fault, and has three trials from number 0 on to be caught in: "
    "say SEED and PLANTED, and leave out FAULTS, FIRST and TRIALS"
)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)

Seed = Annotated[int, typer.Option(help="Decides faults, targets, times and load.")]
Directory = Annotated[Path | None, typer.Option(help="Where stands and results are kept.")]


@app.command()
def run(
    seed: Seed = 1,
    trials: Annotated[int | None, typer.Option(min=1, help=f"How many; {TRIALS} when left out.")] = None,
    faults: Annotated[str, typer.Option(help="Which, such as `F6 F9`; all when left out.")] = "",
    first: Annotated[
        int | None, typer.Option(min=0, help="Number of the first; goes on where this seed stopped when left out.")
    ] = None,
    planted: Annotated[str, typer.Option(help="A planted bug to switch on, under the fault that it names.")] = "",
    directory: Directory = None,
) -> None:
    """Trials on the real platform. Stop it when you like: the next run goes on with the next trial."""
    if planted and (faults.strip() or first is not None or trials is not None):
        raise typer.BadParameter(BRINGS_ITS_OWN)
    campaign = _campaign(seed, directory, chosen(faults))
    if planted:
        raise typer.Exit(0 if _caught(campaign, planted) else 1)
    begin = campaign.results.next_number(seed) if first is None else first
    done = asyncio.run(campaign.run(begin, trials or TRIALS))
    _end(done)


@app.command()
def plant(
    names: Annotated[str, typer.Option(help="Which bugs; all when left out.")] = "",
    seed: Seed = 1,
    directory: Directory = None,
) -> None:
    """Each planted bug, switched on alone: it has to be caught."""
    bugs = [found(name).name for name in names.replace(",", " ").split() or list(PLANTED)]
    campaign = _campaign(seed, directory, [])
    missed = [name for name in bugs if not _caught(campaign, name)]
    if missed:
        console.print(f"[red]Not caught: {', '.join(missed)}")
        raise typer.Exit(1)


@app.command()
def smoke(seed: Seed = 1, directory: Directory = None) -> None:
    """One trial of each family of faults and two planted bugs: about ten minutes."""
    campaign = _campaign(seed, directory, SMOKE)
    done = asyncio.run(campaign.run(0, len(campaign.faults)))
    caught = [_caught(campaign, name) for name in ("inbox-without-key", "retry-without-key")]
    if not all(caught):
        raise typer.Exit(1)
    _end(done)


@app.command()
def page(
    directory: Directory = None,
    write: Annotated[Path | None, typer.Option(help="The file; printed when left out.")] = None,
) -> None:
    """The page of the results on file, as docs/reliability.md shows it."""
    text = report.page(Results(_directory(directory) / "trials.jsonl").all())
    if write is None:
        console.print(text, markup=False)
    else:
        write.write_text(text, encoding="utf-8")
        console.print(f"written to {write}")


@app.command(name="list")
def faults_and_bugs() -> None:
    """The faults and the planted bugs."""
    for name in in_order(FAULTS):
        console.print(f"{name:4} {FAULTS[name].title}")
    for each in PLANTED.values():
        console.print(f"{each.name}: {each.title} (under {each.fault})")


def _campaign(seed: int, directory: Path | None, faults: Sequence[str]) -> Campaign:
    """With those of the faults that this machine can be given."""
    names, missing = runnable(faults)
    if len(names) < len(faults):
        console.print(f"Left out here: {missing}")
    return Campaign(seed, _directory(directory), names, _say, _base_port())


def _caught(campaign: Campaign, name: str) -> bool:
    """A bug that lets no stand get ready is not caught: it says nothing about the check."""
    bug = found(name)
    console.print(f"planted: {name} ({bug.title})")
    try:
        done = asyncio.run(campaign.plant(name))
    except NotReady as fault:
        console.print(f"  [red]no trial: {fault}")
        return False
    violated = sorted({each for outcome in done for each in outcome.invariants}, key=lambda one: int(one[1:]))
    by = [each for each in violated if each in bug.shows]
    also = [each for each in violated if each not in bug.shows]
    said = f"caught by {' '.join(by)} in trial {len(done)}" if by else "[red]not caught"
    console.print(f"  {said}" + (f"; also violated: {' '.join(also)}" if also else ""))
    return bool(by)


def _say(outcome: Outcome) -> None:
    counts = outcome.counts
    recovery = "not recovered" if outcome.recovery is None else f"recovered in {outcome.recovery:.1f} s"
    what = f"{outcome.fault} {FAULTS[outcome.fault].title} [{', '.join(outcome.aims)[:120]}]"
    seen = f"{counts['loops']} loops, {counts['events']} events, {counts['duplicates']} duplicates absorbed"
    console.print(f"trial {outcome.number}: {what}: {recovery}, {seen}, {outcome.seconds:.0f} s", markup=False)
    for each in outcome.violations[:10]:
        console.print(f"  {each['invariant']}: {each['what']}", markup=False)
    if outcome.violations:
        console.print(
            f"  violated: {' '.join(outcome.invariants)}; repeat it with {report.repeat(outcome)}", markup=False
        )


def _end(done: list[Outcome]) -> None:
    bad = [each for each in done if each.violations]
    console.print(f"{len(done)} trials, {len(bad)} with a violated invariant")
    if bad:
        raise typer.Exit(1)


def _directory(named: Path | None) -> Path:
    """CI keeps the smoke test's results apart from those that add up: ORDERLOOP_CAMPAIGN names another folder."""
    return (named or Path(os.environ.get("ORDERLOOP_CAMPAIGN") or default_directory() / "campaign")).resolve()


def _base_port() -> int | None:
    named = os.environ.get("ORDERLOOP_BASE_PORT")
    return int(named) if named else None
