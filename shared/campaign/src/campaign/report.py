"""The page `docs/reliability.md`: what the trials on file came to. Every figure in it is counted here."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from campaign.faults import FAULTS
from campaign.planted import PLANTED
from campaign.results import COUNTED, Outcome
from campaign.schedule import in_order


def page(outcomes: Sequence[Outcome]) -> str:
    """Markdown; the head says which command prints it."""
    trials = [each for each in outcomes if not each.planted]
    planted = [each for each in outcomes if each.planted]
    parts = [_HEAD, "No trial is on file yet: `make campaign`."]
    if trials:
        parts = [_HEAD, _headline(trials), _sums(trials), _by_fault(trials), _outage(trials), _violated(trials)]
    return "\n\n".join([*parts, _planted(planted), *([_made(outcomes)] if outcomes else [])]) + "\n"


_HEAD = """# Reliability

What happens to the business when things break: the result of the fault campaign. `make campaign` runs trials,
`make campaign-planted` the planted bugs, and `make campaign-page` writes this page: nothing here was written by hand.
What a trial is, which faults and invariants there are, and how to repeat one stands in [campaign.md](campaign.md)."""


def _headline(trials: Sequence[Outcome]) -> str:
    bad = [each for each in trials if each.violations]
    kinds = len({each.fault for each in trials})
    slowest = max((each.recovery for each in trials if each.recovery is not None), default=0)
    said = f"**{len(trials)} seeded faults of {kinds} kinds, {len(bad)} of them with a violated invariant"
    said += f"; slowest recovery {slowest:.1f} s.**"
    last = max((each.begun_at for each in bad), default="")
    held = [each for each in trials if each.begun_at > last]
    if held:
        since = f"in the {len(held)} trials since the last of them" if bad else f"in {len(held)} independent trials"
        said += f"\nWith no failure {since} the 95 % upper bound of the chance of one is"
        said += f"\n3/{len(held)} = {300 / len(held):.1f} % a trial. It is not never."
    return said


def _sums(trials: Sequence[Outcome]) -> str:
    totals = Counter[str]()
    for each in trials:
        totals.update(each.counts)
    return _table(("in all trials", "count"), ((words, f"{totals[name]:,}") for name, words in COUNTED.items()))


def _by_fault(trials: Sequence[Outcome]) -> str:
    rows: list[tuple[str, ...]] = []
    for name in in_order({each.fault for each in trials}):
        of = [each for each in trials if each.fault == name]
        times = sorted(each.recovery for each in of if each.recovery is not None)
        held = statistics.median(each.hold for each in of)
        broken = sum(bool(each.violations) for each in of)
        rows.append((name, FAULTS[name].title, f"{len(of)}", f"{broken}", f"{held:.1f}", *_spread(times)))
    head = ("fault", "", "trials", "violated", "held s (median)", "recovery s p50", "p99", "max")
    text = (
        "Recovery: seconds from the end of the fault until every process is ready and every consumer has applied all\n"
    )
    text += "that was committed by then."
    return f"{text}\n\n{_table(head, rows)}"


def _outage(trials: Sequence[Outcome]) -> str:
    refused = sum(each.counts.get("refused_without_kafka", 0) for each in trials)
    sent = sum(each.counts.get("sent_without_kafka", 0) for each in trials)
    return f"Commands sent while Kafka was down: {sent:,}; refused because of it: {refused:,}."


def _violated(trials: Sequence[Outcome]) -> str:
    bad = [each for each in trials if each.violations]
    if not bad:
        return "No invariant was violated."
    head = ("trial", "fault", "violated", "at commit", "repeat it", "repeated since")
    rows = (
        (str(each.number), each.fault, " ".join(each.invariants), each.commit, repeat(each), _since(each, trials))
        for each in bad
    )
    return _table(head, rows)


def _since(outcome: Outcome, trials: Sequence[Outcome]) -> str:
    """What came of the same trial when it was repeated last."""
    last = [each for each in trials if _drawn(each) == _drawn(outcome)][-1]
    if last is outcome:
        return "no"
    return f"{'violated again' if last.violations else 'holds'} at {last.commit}"


def _drawn(outcome: Outcome) -> tuple[int, int, str]:
    return (outcome.seed, outcome.number, outcome.fault)


def _planted(outcomes: Sequence[Outcome]) -> str:
    """By the last trial of each; only the invariants that say what the bug breaks count."""
    last = {each.planted: each for each in outcomes if each.planted}
    rows: list[tuple[str, ...]] = []
    for name, bug in PLANTED.items():
        found = last.get(name)
        by = [] if found is None else [each for each in found.invariants if each in bug.shows]
        caught = "not run" if found is None else " ".join(by) or "**not caught**"
        rows.append((name, bug.title, bug.fault, caught))
    count = sum(bug.is_caught(last[name].invariants) for name, bug in PLANTED.items() if name in last)
    text = f"Planted bugs, each switched on alone: {count} of {len(PLANTED)} caught."
    return f"{text}\n\n{_table(('bug', 'what is wrong', 'under', 'caught by'), rows)}"


def _made(outcomes: Sequence[Outcome]) -> str:
    seeds = ", ".join(str(seed) for seed in sorted({each.seed for each in outcomes}))
    commits = ", ".join(dict.fromkeys(each.commit for each in outcomes))
    versions = "; ".join(f"{name} {number}" for name, number in outcomes[-1].versions.items())
    days = sorted({each.begun_at[:10] for each in outcomes})
    return f"Seeds: {seeds}. Commits: {commits}. Days: {', '.join(days)}. Versions: {versions}."


def repeat(outcome: Outcome) -> str:
    """The command that repeats a trial, on a platform of its own."""
    if outcome.planted:
        return f"`make campaign SEED={outcome.seed} PLANTED={outcome.planted}`"
    return f"`make campaign SEED={outcome.seed} FIRST={outcome.number} TRIALS=1 FAULTS={outcome.fault}`"


def _spread(times: Sequence[float]) -> tuple[str, str, str]:
    if not times:
        return ("", "", "")
    p99 = times[min(len(times) - 1, round(0.99 * (len(times) - 1)))]
    return (f"{statistics.median(times):.1f}", f"{p99:.1f}", f"{times[-1]:.1f}")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
