"""The driver's journals as one, and what of them the checker compares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from campaign.load.history import Command, History

ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}(?=/|$)")

Journal = Mapping[str, Command]
"""Commands by their key."""

Given = tuple[int | None, str | None]
"""Status and digest of an answer."""


def read(paths: Iterable[Path]) -> Journal:
    """Raises JournalBroken. A command that goes on in a later journal is one command."""
    found: dict[str, Command] = {}
    for path in paths:
        for key, command in History.read(path).commands.items():
            found.setdefault(key, Command(key)).attempts.extend(command.attempts)
    return found


def route(command: Command) -> str:
    """Such as `sales POST /quotes/*/accept`."""
    first = command.first
    return f"{first.service} {first.method} {ID.sub('/*', first.path.partition('?')[0])}"


def keys(command: Command) -> set[str]:
    """Under which the command was sent: one, unless the driver is careless."""
    return {each.sending.sent_as or command.key for each in command.attempts}


def given(command: Command) -> set[Given]:
    """All answers that say it is done."""
    answers = (each.answered for each in command.attempts)
    return {(each.status, each.digest) for each in answers if each is not None and each.outcome == "ok"}


def subjects(command: Command) -> set[str]:
    """What the driver was told the command is about."""
    answers = (each.answered for each in command.attempts)
    return {each.event for each in answers if each is not None and each.outcome == "ok" and each.event is not None}
