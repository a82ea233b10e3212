"""Text that can be kept and told: without NUL, which PostgreSQL does not store, and without half a surrogate pair.

JSON can write both (`\\u0000`, `\\ud800`), so text from outside is looked at before anything else is done with it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import cast

Place = tuple[str | int, ...]
"""Where something stands in a document: names of fields, and numbers within lists from 0."""

_UNFIT = re.compile("[\0\ud800-\udfff]")


def fault_in(value: object) -> str | None:
    """What is wrong with a text, and what to do about it; None when it can be kept, or is no text."""
    found = _UNFIT.search(value) if isinstance(value, str) else None
    return None if found is None else f"U+{ord(found[0]):04X} cannot be kept in a text; leave it out"


def leaves(document: object) -> Iterator[tuple[Place, object]]:
    """Every value in a document that holds no others, and where it stands; a name is a value at the place of its owner.

    It does not call itself: documents may be nested as deep as Python can read them.
    """
    left: deque[tuple[Place, object]] = deque([((), document)])
    while left:
        place, value = left.popleft()
        if isinstance(value, dict):
            named = cast("dict[str, object]", value)
            left.extend((place, name) for name in named)
            left.extend(((*place, name), each) for name, each in named.items())
        elif isinstance(value, list | tuple):
            left.extend(((*place, number), each) for number, each in enumerate(cast("list[object]", value)))
        else:
            yield place, value
