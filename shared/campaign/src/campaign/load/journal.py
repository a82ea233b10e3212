"""The driver's journal: a line is on disk before what it announces is done.

JSON lines, append only. Many lines that wait share one fsync: a single thread writes what has gathered, syncs, and
tells who waited. Every line has `n` (1, 2, 3 …), `at` (wall clock, UTC) and `offset` (seconds since the journal was
opened, of a clock that never jumps).
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from campaign.load.history import History
from campaign.load.sending import Answered, Sending
from contracts.errors import Unavailable


class JournalNotWritable(Unavailable):
    """A line could not be brought to disk, so what it announces must not be done."""


Waiter = tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]


class Journal:
    """Open for appending; `async with` or `close` ends its thread. A torn last line of before is cut off."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115  closed in `close`
        self._numbered = cut_torn_line(path)
        self._opened = time.monotonic()
        self._lines: queue.SimpleQueue[tuple[bytes, Waiter | None] | None] = queue.SimpleQueue()
        self._trouble: OSError | None = None
        self.syncs = 0
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await asyncio.to_thread(self.close)

    async def sent(self, sending: Sending) -> None:
        """It is on disk that this is about to be sent; send it after this. Raises JournalNotWritable."""
        await self._durable({"kind": "sent"} | _said(sending, without_empty=("story", "sent_as")))

    async def answered(self, sending: Sending, answered: Answered) -> None:
        await self._durable(_answer_line(sending, answered))

    def given_up(self, sending: Sending) -> None:
        """Nobody waits for the answer any more; written without waiting for the disk."""
        self._put(_answer_line(sending, Answered("unknown", problem="given-up")), None)

    async def fact(self, what: str, **more: object) -> None:
        """What the driver itself knows."""
        await self._durable({"kind": "fact", "what": what} | more)

    def offset(self) -> float:
        """Seconds since it was opened."""
        return round(time.monotonic() - self._opened, 6)

    def close(self) -> None:
        if self._thread.is_alive():
            self._lines.put(None)
            self._thread.join()
        self._file.close()

    @staticmethod
    def read(path: Path) -> History:
        """The journal as it stands on disk, also while it is written. Raises JournalBroken."""
        return History.read(path)

    async def _durable(self, line: dict[str, object]) -> None:
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._put(line, (loop, written))
        await written

    def _put(self, line: dict[str, object], waiter: Waiter | None) -> None:
        self._numbered += 1
        stamped = {"n": self._numbered, "at": datetime.now(UTC).isoformat(), "offset": self.offset()} | line
        self._lines.put((json.dumps(stamped).encode() + b"\n", waiter))

    def _write(self) -> None:
        """The one thread that writes: all that has gathered, one fsync, then word to who waited."""
        closing = False
        while not closing:
            gathered = [self._lines.get()]
            while not self._lines.empty():
                gathered.append(self._lines.get())
            closing = None in gathered
            lines = [each for each in gathered if each is not None]
            if lines:
                self._bring_to_disk(b"".join(line for line, _ in lines))
                self._tell([waiter for _, waiter in lines if waiter is not None])

    def _bring_to_disk(self, content: bytes) -> None:
        """Once it has failed, nothing is tried again: nobody knows what of it is on disk."""
        if self._trouble is not None:
            return
        try:
            while content:
                content = content[self._file.write(content) :]
            os.fsync(self._file.fileno())
            self.syncs += 1
        except OSError as trouble:
            self._trouble = trouble

    def _tell(self, waiters: list[Waiter]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for loop, written in waiters:
            by_loop.setdefault(loop, []).append(written)
        for loop, futures in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, futures, self._trouble)


def _resolve(futures: list[asyncio.Future[None]], trouble: OSError | None) -> None:
    for written in futures:
        if written.done():
            continue
        if trouble is None:
            written.set_result(None)
        else:
            written.set_exception(JournalNotWritable(f"{trouble}; make room and begin with a new journal"))


def _answer_line(sending: Sending, answered: Answered) -> dict[str, object]:
    whose = {"key": sending.key, "attempt": sending.attempt}
    said: dict[str, object] = {name: value for name, value in vars(answered).items() if name != "outcome"}
    return {"kind": answered.outcome} | whose | said


def _said(sending: Sending, *, without_empty: tuple[str, ...]) -> dict[str, object]:
    return {name: value for name, value in vars(sending).items() if value or name not in without_empty}


def cut_torn_line(path: Path) -> int:
    """Nobody was told that a line without an end is on disk, so it goes; returns how many lines stand."""
    content = path.read_bytes()
    whole = content.rpartition(b"\n")[0]
    kept = len(whole) + 1 if whole else 0
    if kept != len(content):
        os.truncate(path, kept)
    return content.count(b"\n")
