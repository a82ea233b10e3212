"""A journal as it is read afterwards: every command with its sendings and what became of it in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from campaign.load.sending import Answered, Outcome, Sending
from contracts.errors import Malformed

Line = dict[str, Any]  # Any: JSON


class JournalBroken(Malformed):
    """Only the last line of a journal may be torn; anything else was not written by the driver."""


@dataclass(frozen=True)
class Moment:
    """By the wall clock, and in seconds since the journal was opened."""

    at: datetime
    offset: float


@dataclass
class Attempt:
    """One sending; without an answer the driver died, or the trial ended, before there was one."""

    sending: Sending
    begun: Moment
    ended: Moment | None = None
    answered: Answered | None = None

    @property
    def outcome(self) -> Outcome:
        return "unknown" if self.answered is None else self.answered.outcome


@dataclass
class Command:
    """All sendings under one idempotency key."""

    key: str
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    @property
    def first(self) -> Sending:
        return self.attempts[0].sending

    @property
    def outcome(self) -> Outcome:
        """Ok when any sending was. Refused when the last one was: it would have told the answer, were there one."""
        if any(each.outcome == "ok" for each in self.attempts):
            return "ok"
        return "refused" if self.attempts[-1].outcome == "refused" else "unknown"

    @property
    def answer(self) -> Answered | None:
        """The first answer that says what the outcome is."""
        return next((each.answered for each in self.attempts if each.outcome == self.outcome), None)

    @property
    def answers(self) -> set[str]:
        """The digests of all ok answers: more than one is a broken promise."""
        said = (each.answered for each in self.attempts)
        return {each.digest for each in said if each is not None and each.outcome == "ok" and each.digest is not None}


@dataclass(frozen=True)
class History:
    """A whole journal."""

    commands: dict[str, Command]
    facts: list[Line]
    lines: int

    @staticmethod
    def read(path: Path) -> History:
        """Raises JournalBroken. A torn last line is left out: what it announces was not done."""
        commands: dict[str, Command] = {}
        facts: list[Line] = []
        count = 0
        for line in _lines(path):
            count += 1
            if line["kind"] == "fact":
                facts.append(line)
            else:
                _take(commands, line)
        return History(commands, facts, count)

    def outcomes(self) -> Counter[Outcome]:
        return Counter(command.outcome for command in self.commands.values())


def _take(commands: dict[str, Command], line: Line) -> None:
    key, number = str(line["key"]), int(line["attempt"])
    command = commands.setdefault(key, Command(key))
    if line["kind"] == "sent":
        command.attempts.append(Attempt(_sending(line), _moment(line)))
        return
    for attempt in command.attempts:
        if attempt.sending.attempt == number and attempt.answered is None:
            attempt.answered, attempt.ended = _answered(line), _moment(line)
            return
    raise JournalBroken(f"line {line['n']} answers what was not sent: {key}, attempt {number}")


def _sending(line: Line) -> Sending:
    names = ("service", "method", "path", "digest")
    said = {name: str(line[name]) for name in names}
    more = {name: str(line.get(name, "")) for name in ("story", "sent_as")}
    return Sending(key=str(line["key"]), attempt=int(line["attempt"]), **said, **more)


def _answered(line: Line) -> Answered:
    kind = cast("Outcome", line["kind"])
    return Answered(kind, line.get("status"), line.get("problem"), line.get("digest"), line.get("event"))


def _moment(line: Line) -> Moment:
    return Moment(datetime.fromisoformat(line["at"]), float(line["offset"]))


def _lines(path: Path) -> Iterable[Line]:
    content = path.read_bytes().split(b"\n")
    for place, text in enumerate(content, start=1):
        try:
            if text:
                yield cast("Line", json.loads(text))
        except ValueError as error:
            if place < len(content):
                raise JournalBroken(f"line {place} of {path} is no JSON: {text[:80]!r}") from error
