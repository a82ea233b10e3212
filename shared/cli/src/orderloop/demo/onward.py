"""Where to look next: addresses and commands that work as they are printed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from orderloop.demo.stories import Loop
from orderloop.platform.home import default_directory, home
from orderloop.platform.plan import Plan


def onward(plan: Plan, told: Loop) -> str:
    """For a terminal, to be printed without wrapping, so that it can be copied."""
    order, sales, customer = plan.url("order"), plan.url("sales"), plan.url("customer")
    placed = told.placed.data
    token = _command(plan.folder, "-s token ROLE=sales", "token --role sales")
    further = "\n".join(
        f"  {what:<40} {_command(plan.folder, target, arguments)}" for what, target, arguments in _FURTHER
    )
    return f"""
[bold]Where to look next[/]

  the order that was told
    curl -s -H "Authorization: Bearer $({token})" {order}/orders/{told.order_id}
  what its salesperson sees of it, and the whole history of its customer
    curl -s -H "Authorization: Bearer $({token})" {sales}/opportunities/{placed["opportunity_id"]}
    curl -s -H "Authorization: Bearer $({token})" {customer}/customers/{placed["customer_id"]}/timeline
  every command and query, with examples
    {order}/docs     [dim]and {", ".join(plan.url(each) + "/docs" for each in ("finance", "inventory"))} …[/]

{further}
  to read                                  docs/events.md, docs/demo.md, services/order/README.md
"""


def _command(directory: Path, target: str, arguments: str) -> str:
    """`make`'s word where it means this platform, otherwise the command line's own."""
    if directory == default_directory() and Path.cwd() == home():
        return f"make {target}"
    python = os.path.relpath(sys.executable)
    return f"{sys.executable if python.startswith('..') else python} -m orderloop {arguments} --directory {directory}"


_FURTHER = (
    ("a token of your own to try them with", "token ROLE=sales", "token --role sales"),
    ("order against inventory against finance", "audit", "audit"),
    ("how fast the loop is on this machine", "bench", "bench"),
    ("what runs, and how it is", "status", "status"),
)
