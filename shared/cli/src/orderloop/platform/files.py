"""Files written so that a reader never sees half of one, and secrets that only their owner may read."""

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace the file in one step; after a crash it holds the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(draft, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        _ = file.write(text)
    _ = draft.replace(path)


def secret(path: Path) -> str:
    """The secret kept in this file; drawn at random the first time, readable by its owner only."""
    if not path.is_file():
        write(path, secrets.token_urlsafe(24), mode=0o600)
    return path.read_text(encoding="utf-8").strip()


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Hold this lock file, waiting for whoever holds it; the lock goes with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def rendered(template: Path, **values: object) -> str:
    """The template with each `@NAME@` replaced."""
    text = template.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    return text
