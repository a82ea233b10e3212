"""One direction of one connection through a proxy: what comes in goes out as the direction's rules say.

All of it is bounded: while more waits than `HELD` bytes, or the receiver does not take it, the sender is not read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

HELD = 256 * 1024
"""Bytes that a direction of a connection keeps at most, beyond what one read brings."""

SLICE_SECONDS = 0.02
"""A throttled direction sends pieces of this length."""


@dataclass
class Cut:
    """How many bytes may still pass before a connection is cut; one is, and then it is over."""

    left: int
    done: bool = False


@dataclass
class Way:
    """The rules of one direction, shared by all connections of a proxy, and what has passed."""

    stalled: bool = False
    swallowing: bool = False
    delay: float = 0.0
    rate: float | None = None
    cut: Cut | None = None
    free_at: float = 0.0  # a throttled direction is one line for all connections
    passed: int = 0
    swallowed: int = 0

    @property
    def plain(self) -> bool:
        return not (self.delay or self.rate or self.cut)

    @property
    def blocked(self) -> bool:
        """Not even the end of a connection gets through."""
        return self.stalled or self.swallowing

    def heal(self) -> None:
        self.stalled = self.swallowing = False
        self.delay, self.rate, self.cut, self.free_at = 0.0, None, None, 0.0


class Pipe:
    """From one end of a connection to the other. `cut` is called when its bytes were the last that might pass."""

    def __init__(self, way: Way, cut: Callable[[Pipe], None], ended: Callable[[], None]) -> None:
        self.way = way
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self.sink_full = False
        self.swallowed = 0
        self.finished = False  # the end was passed on
        self._cut = cut
        self._told_end = ended
        self._ending = False
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def feed(self, data: bytes) -> None:
        """The source has sent this."""
        if self.way.plain and not self._waiting and self._open:
            self._write(data)
        else:
            self._waiting.append((self._loop.time() + self.way.delay, data))
            self._held += len(data)
            self.pump()

    def end(self) -> None:
        """The source will send no more."""
        self._ending = True
        self.pump()

    def pump(self) -> None:
        """Pass on what may go now; look again when the next of it may."""
        self._stop_timer()
        if self.way.swallowing:
            self._swallow()
        while self._waiting and self._open:
            pause = self._due() - self._loop.time()
            if pause > 0:
                self._timer = self._loop.call_later(pause, self.pump)
                break
            self._write(self._next_piece())
        self._pass_on_end()
        self.mind_source()

    def mind_source(self) -> None:
        """Read from the source only what can be kept."""
        source = self.source
        if source is None or source.is_closing() or self._ending:
            return
        blocked = self.way.stalled or self.sink is None or self.sink_full or self._held > HELD
        if blocked and source.is_reading():
            source.pause_reading()
        elif not blocked and not source.is_reading():
            source.resume_reading()

    @property
    def held(self) -> int:
        """Bytes that wait here."""
        return self._held

    def close(self) -> None:
        """Nothing more is passed on."""
        self._stop_timer()
        self._waiting.clear()
        self._held = 0
        self._ending = self.finished = True

    @property
    def _open(self) -> bool:
        return self.sink is not None and not (self.sink.is_closing() or self.sink_full or self.way.blocked)

    def _due(self) -> float:
        """When the next of it may go; what waited for a delay that is over may go now."""
        return max(self._waiting[0][0] if self.way.delay else 0.0, self.way.free_at if self.way.rate else 0.0)

    def _next_piece(self) -> bytes:
        due, data = self._waiting.popleft()
        if self.way.rate:
            size = max(1, int(self.way.rate * SLICE_SECONDS))
            if len(data) > size:
                self._waiting.appendleft((due, data[size:]))
                data = data[:size]
            self.way.free_at = self._loop.time() + len(data) / self.way.rate
        self._held -= len(data)
        return data

    def _write(self, data: bytes) -> None:
        cut = self.way.cut
        allowed = data if cut is None or cut.done else data[: cut.left]
        assert self.sink is not None
        self.sink.write(allowed)
        self.way.passed += len(allowed)
        if cut is not None and not cut.done:
            cut.left -= len(allowed)
            if cut.left == 0:
                cut.done = True
                self._cut(self)

    def _swallow(self) -> None:
        self.swallowed += self._held
        self.way.swallowed += self._held
        self._waiting.clear()
        self._held = 0

    def _pass_on_end(self) -> None:
        if self._ending and not self.finished and not self._waiting and self._open:
            self.finished = True
            assert self.sink is not None
            self.sink.write_eof()
            self._told_end()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
