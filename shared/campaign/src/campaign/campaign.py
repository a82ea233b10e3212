"""Many trials: stands in turn, each for a number of trials; every outcome is on file before the next begins."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from campaign import trial
from campaign.faults import FAULTS
from campaign.planted import PLANTED, found
from campaign.results import Outcome, Results
from campaign.schedule import Trial
from campaign.schedule import trial as drawn
from campaign.stand import assembly, shim, standing

TRIALS_A_STAND = 20
"""After so many a new platform is made: its data would only slow down the check."""

KEPT = 5
"""So many stands on which something was violated are kept."""

TRIES = 3
"""A planted bug may stay hidden in a trial, as a real one may: so many trials it has to be caught in."""

Say = Callable[[Outcome], None]


@dataclass(frozen=True)
class Campaign:
    """What is run, and where its files are."""

    seed: int
    directory: Path
    faults: Sequence[str]
    say: Say
    base_port: int | None = None

    @property
    def results(self) -> Results:
        return Results(self.directory / "trials.jsonl")

    async def run(self, first: int, trials: int) -> list[Outcome]:
        """The trials from number `first` on. A stand on which something was violated is kept, and the next is new."""
        done: list[Outcome] = []
        while len(done) < trials:
            due = range(first + len(done), min(first + trials, first + len(done) + TRIALS_A_STAND))
            done += await self._on_one_stand([drawn(self.seed, number, self.faults) for number in due])
        return done

    async def plant(self, name: str) -> list[Outcome]:
        """Trials with this bug switched on, until one of the invariants that say what it breaks is violated.

        Others do not count, and no trial is had of a stand that does not get ready: that raises NotReady.
        """
        bug, done = found(name), list[Outcome]()
        while len(done) < TRIES and not any(bug.is_caught(each.invariants) for each in done):
            due = [drawn(self.seed, number, [bug.fault]) for number in range(len(done), TRIES)]
            done += await self._on_one_stand(due, planted=name)
        return done

    async def _on_one_stand(self, due: Sequence[Trial], planted: str | None = None) -> list[Outcome]:
        done: list[Outcome] = []
        folder = assembly.cleared(self.directory / "stand")
        shutil.rmtree(folder)
        careless = planted is not None and PLANTED[planted].of_driver
        async with (
            standing(folder, planted=None if careless else planted, base_port=self.base_port) as stand,
            trial.session(stand, planted) as session,
        ):
            for each in due:
                try:
                    outcome = await trial.run(session, each, careless_driver=careless)
                except Exception as fault:
                    outcome = trial.broken_off(session, each, fault)
                outcome = replace(outcome, seed=self.seed)
                done.append(outcome)
                self.results.add(outcome)
                self.say(outcome)
                if outcome.violations:
                    break
        if done[-1].violations:
            self._keep(folder, done[-1])
        return done

    def _keep(self, folder: Path, outcome: Outcome) -> Path:
        """The stopped stand with its logs, journals and databases, and what was found."""
        kept = self.directory / "kept"
        name = f"{outcome.seed}-{outcome.number}-{outcome.fault}" + (f"-{outcome.planted}" if outcome.planted else "")
        target = kept / name
        shutil.rmtree(target, ignore_errors=True)
        kept.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
        (target / "outcome.json").write_text(json.dumps(asdict(outcome), indent=2), encoding="utf-8")
        for old in sorted(kept.iterdir(), key=lambda each: each.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old)
        return target


def runnable(names: Sequence[str]) -> tuple[list[str], str | None]:
    """The faults that this machine can be given, and why the others are left out."""
    reason = shim.missing()
    if reason is None:
        return list(names), None
    return [name for name in names if not FAULTS[name].needs_shim], reason
