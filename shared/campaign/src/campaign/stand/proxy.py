"""A TCP proxy between one service and one server, which treats their connections as badly as it is told.

It listens on 127.0.0.1 only. A partition that heals, as the network's own repetition of lost packets makes it, is
`stall`: nothing gets through, and afterwards everything does. A `black_hole` takes bytes for good; a connection that
lost some is reset when it heals, since neither side could go on with a stream that has a hole.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from typing import Literal, cast

from campaign.stand.pipe import Cut, Pipe, Way
from orderloop.platform.ports import HOST

Direction = Literal["to_server", "to_client", "both"]

MOST_CONNECTIONS = 500
SEND_BUFFER = 64 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST and drops what was not sent


class Proxy:
    """Opened on a port of 127.0.0.1; passes everything on until it is told otherwise. Call it from its own loop."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.connections = 0  # accepted so far
        self.resets = 0  # connections that were ended by force
        self.refused = 0
        self.cuts = 0
        self._refusing = False
        self._ways = {"to_server": Way(), "to_client": Way()}
        self._links: set[Link] = set()
        self._server: asyncio.Server | None = None

    async def open(self, port: int = 0) -> Proxy:
        """Listen; any free port when none is named."""
        self._server = await asyncio.get_running_loop().create_server(self._accept, HOST, port)
        self.port = cast("int", self._server.sockets[0].getsockname()[1])
        return self

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()
        while self._links:  # noqa: ASYNC110  # they leave in the next turns of the loop
            await asyncio.sleep(0)

    def reset(self) -> None:
        """Every connection is broken off now (RST to both sides); new ones are as before."""
        for link in tuple(self._links):
            link.reset()

    def stall(self, direction: Direction = "both") -> None:
        """Nothing gets through, the sender notices only that nobody reads; `heal` lets all of it through."""
        for way in self._of(direction):
            way.stalled = True
        self._pump()

    def black_hole(self, direction: Direction = "both") -> None:
        """Bytes are taken and lost, and so is the end of a connection; the sender believes that they arrived."""
        for way in self._of(direction):
            way.swallowing = True
        self._pump()

    def delay(self, seconds: float, direction: Direction = "both") -> None:
        """Everything arrives so much later, in order."""
        for way in self._of(direction):
            way.delay = seconds

    def throttle(self, bytes_per_second: float, direction: Direction = "both") -> None:
        """No more than this in each direction, over all connections."""
        for way in self._of(direction):
            way.rate = bytes_per_second

    def cut_after(self, count: int, direction: Direction = "both") -> None:
        """After so many more bytes the connection that carried the last of them is reset; once."""
        cut = Cut(count)
        for way in self._of(direction):
            way.cut = cut

    def refuse(self) -> None:
        """New connections are reset; those that stand go on."""
        self._refusing = True

    def heal(self) -> None:
        """From now on everything passes; connections that lost something are reset."""
        self._refusing = False
        for way in self._ways.values():
            way.heal()
        for link in tuple(self._links):
            link.heal()

    @property
    def open_connections(self) -> int:
        return len(self._links)

    @property
    def held(self) -> int:
        """Bytes that wait in the proxy itself; as much again may wait in the buffers of its sockets."""
        return sum(link.to_server.held + link.to_client.held for link in self._links)

    @property
    def passed(self) -> dict[str, int]:
        """Bytes passed on, by direction."""
        return {direction: way.passed for direction, way in self._ways.items()}

    @property
    def swallowed(self) -> dict[str, int]:
        """Bytes taken and lost, by direction."""
        return {direction: way.swallowed for direction, way in self._ways.items()}

    def _of(self, direction: Direction) -> Sequence[Way]:
        return tuple(self._ways.values()) if direction == "both" else (self._ways[direction],)

    def _pump(self) -> None:
        for link in tuple(self._links):
            link.pump()

    def _accept(self) -> End:
        return Link(self, self._ways["to_server"], self._ways["to_client"]).client

    def welcome(self, link: Link) -> None:
        """A client has connected: reach the server for it, or turn it away."""
        self.connections += 1
        self._links.add(link)
        if self._refusing or len(self._links) > MOST_CONNECTIONS:
            self.refused += 1
            link.reset()
        else:
            link.connecting = asyncio.create_task(link.connect(self.target))

    def forget(self, link: Link) -> None:
        self._links.discard(link)


class Link:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, proxy: Proxy, to_server: Way, to_client: Way) -> None:
        self.proxy = proxy
        self.to_server = Pipe(to_server, self._cut, self._ended)
        self.to_client = Pipe(to_client, self._cut, self._ended)
        self.client = End(self, outward=self.to_server, inward=self.to_client)
        self.server = End(self, outward=self.to_client, inward=self.to_server)
        self.connecting: asyncio.Task[None] | None = None
        self.broken = False  # one side is gone and the other may not know it yet

    async def connect(self, target: int) -> None:
        try:
            _ = await asyncio.get_running_loop().create_connection(lambda: self.server, HOST, target)
        except OSError:
            self.reset()

    def pump(self) -> None:
        self.to_server.pump()
        self.to_client.pump()

    def heal(self) -> None:
        if self.broken or self.to_server.swallowed or self.to_client.swallowed:
            self.reset()
        else:
            self.pump()

    def reset(self) -> None:
        self.proxy.resets += 1
        if self.connecting is not None:
            _ = self.connecting.cancel()
        self.client.reset()
        self.server.reset()
        if self.client.transport is None or self.client.gone:
            self.lost(self.client)

    def lost(self, end: End) -> None:
        """One side has ended by force, or both in peace."""
        other = self.server if end is self.client else self.client
        if other.gone or other.transport is None:
            self.to_server.close()
            self.to_client.close()
            self.proxy.forget(self)
            if self.connecting is not None:
                _ = self.connecting.cancel()
        elif end.outward.way.blocked:
            self.broken = True
        elif not other.transport.is_closing():
            self.proxy.resets += 1
            other.reset()

    def _ended(self) -> None:
        if self.to_server.finished and self.to_client.finished:
            self.client.close()
            self.server.close()

    def _cut(self, pipe: Pipe) -> None:
        """What was allowed to pass must have left before the reset, which drops what has not."""
        self.proxy.cuts += 1
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 1.0
        pipe.close()

        def once_sent() -> None:
            sink = pipe.sink
            if sink is not None and not sink.is_closing() and sink.get_write_buffer_size() and loop.time() < deadline:
                _ = loop.call_later(0.002, once_sent)
            else:
                self.reset()

        once_sent()


class End(asyncio.Protocol):
    """One of the two ends: the source of one pipe, the sink of the other."""

    def __init__(self, link: Link, *, outward: Pipe, inward: Pipe) -> None:
        self.link = link
        self.outward = outward
        self.inward = inward
        self.transport: asyncio.Transport | None = None
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=SEND_BUFFER)
        self.outward.source = self.inward.sink = self.transport
        if self is self.link.client:
            self.link.proxy.welcome(self.link)
        elif self.link.client.gone:  # it did not wait for the server
            self.reset()
        self.link.pump()

    def data_received(self, data: bytes) -> None:
        self.outward.feed(data)

    def eof_received(self) -> bool:
        self.outward.end()
        return True  # the other direction may go on

    def pause_writing(self) -> None:
        self.inward.sink_full = True
        self.inward.mind_source()

    def resume_writing(self) -> None:
        self.inward.sink_full = False
        self.inward.pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self.link.lost(self)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        if self.transport is None or self.gone:
            return
        with contextlib.suppress(OSError):
            found: socket.socket = self.transport.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()
