"""The thread of one order, told event by event: when, which service, who or because of what, what."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from orderloop.demo.tables import ROOMY, plain
from orderloop.demo.telling import told
from orderloop.driving.events import Seen


def table(title: str, thread: Sequence[Seen], everything: Sequence[Seen], width: int) -> Table:
    """`everything` is where causes are looked up: one may lie outside of the thread (goods that came in)."""
    shown = plain(title)
    shown.add_column("after", justify="right", style="dim", no_wrap=True)
    shown.add_column("service", no_wrap=True)
    shown.add_column("event", style="bold", no_wrap=True)
    by_id = {seen.id: seen for seen in everything}
    if width >= ROOMY:
        shown.add_column("who, or because of what", no_wrap=True)
        shown.add_column("hop", justify="right", style="cyan", no_wrap=True)
    shown.add_column("what it says", overflow="fold")
    for seen in thread:
        who, hop = why(seen, by_id.get(seen.causation))
        says = told(seen.name, seen.data)
        rest = (who, hop, says) if width >= ROOMY else (f"{says} [dim]({_briefly(seen, by_id.get(seen.causation))})",)
        shown.add_row(_after(thread[0], seen), seen.service, seen.name, *rest)
    return shown


def why(seen: Seen, cause: Seen | None) -> tuple[str, str]:
    """Who did it, or which event of another service led to it and how long that took."""
    if cause is None:
        return seen.actor, ""
    if cause.service == seen.service:
        return f"[dim]{cause.name}[/]", ""
    return f"[dim]{cause.name} ({cause.service})[/]", f"{1000 * (seen.time - cause.time).total_seconds():.0f} ms"


def _briefly(seen: Seen, cause: Seen | None) -> str:
    who, hop = why(seen, cause)
    return who if cause is None else f"{cause.name} {hop}".strip()


def _after(first: Seen, seen: Seen) -> str:
    return f"{(seen.time - first.time).total_seconds():.3f} s"
