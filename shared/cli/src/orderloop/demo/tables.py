"""How tables look here: no lines, a title on the left."""

from __future__ import annotations

from rich.table import Table

ROOMY = 140
"""From so many columns on there is room for everything; below, a table leaves out or folds what matters less."""


def plain(title: str, *, header: bool = True) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold italic",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
        show_header=header,
    )
