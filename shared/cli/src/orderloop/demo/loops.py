"""The loops of the day as a table, and how long their hops took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from orderloop.bench.hops import Hop, Spread, by_kind, hops
from orderloop.demo.stories import Loop
from orderloop.demo.tables import ROOMY, plain
from orderloop.demo.telling import money
from orderloop.driving.events import EventStream

SLOWEST = 8


def seconds_of(loop: Loop, stream: EventStream) -> float:
    """From the first event of its thread to the one that ended it."""
    return (loop.ended.time - stream.thread(loop.placed.correlation)[0].time).total_seconds()


def table(loops: Sequence[Loop], stream: EventStream, width: int) -> Table:
    """Without total and number of hops where there is not much room."""
    left_out = () if width >= ROOMY else ("total", "hops")
    shown = plain("The loops of the day")
    for name in ("order", "customer", "what happened"):
        shown.add_column(name, no_wrap=True, min_width=10)
    for name in _FIGURES:
        if name not in left_out:
            shown.add_column(name, justify="right", no_wrap=True)
    for loop in loops:
        figures = _figures(loop, stream)
        shown.add_row(
            loop.number,
            loop.customer.name if width >= ROOMY else loop.customer.name.partition(",")[0],
            loop.story,
            *(figure for name, figure in zip(_FIGURES, figures, strict=True) if name not in left_out),
        )
    return shown


def _figures(loop: Loop, stream: EventStream) -> tuple[str, ...]:
    thread = stream.thread(loop.placed.correlation)
    found = [hop.seconds for hop in hops(thread)]
    spread = Spread.of(found)
    return (
        money(loop.placed.data["total"]),
        f"{len(thread)}",
        f"{len(found)}",
        f"{spread.p50:.0f}" if spread else "",
        f"{1000 * max(found):.0f}" if found else "",
        f"{loop.ended.name.removeprefix('Order').lower()} in {seconds_of(loop, stream):.2f} s",
    )


def summary(loops: Sequence[Loop], stream: EventStream) -> str:
    """All hops of these loops in one sentence."""
    found = all_hops(loops, stream)
    ends = Counter(loop.ended.name.removeprefix("Order").lower() for loop in loops)
    whole = Spread.of(seconds_of(loop, stream) for loop in loops)
    hop = Spread.of(each.seconds for each in found)
    if hop is None or whole is None:
        return "nothing happened"
    ended = " and ".join(f"{number} {how}" for how, number in ends.most_common())
    return (
        f"{len(loops)} loops: {ended}. {hop.count:,} hops between services: "
        f"half within {hop.p50:.0f} ms, 95 % within {hop.p95:.0f} ms, 99 % within {hop.p99:.0f} ms."
    )


def slowest(loops: Sequence[Loop], stream: EventStream) -> Table:
    """Which kinds of hops took longest."""
    shown = plain("The slowest kinds of hops")
    shown.add_column("from one event to the next")
    for name in ("p50 ms", "p95 ms", "times"):
        shown.add_column(name, justify="right")
    for kind, spread in list(by_kind(all_hops(loops, stream)).items())[:SLOWEST]:
        shown.add_row(kind, f"{spread.p50:.0f}", f"{spread.p95:.0f}", f"{spread.count}")
    return shown


def all_hops(loops: Sequence[Loop], stream: EventStream) -> list[Hop]:
    return hops([seen for loop in loops for seen in stream.thread(loop.placed.correlation)])


_FIGURES = ("total", "events", "hops", "p50 ms", "longest", "end")
