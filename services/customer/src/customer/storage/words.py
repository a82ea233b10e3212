"""The words by which a customer is searched: letters and digits only, whatever stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Text, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

_WORD = re.compile(r"[^\W_]+")


def words_in(texts: Iterable[str | None]) -> list[str]:
    """Each word once, in small letters: "Carla@Anna.example" is carla, anna and example."""
    return sorted({word for text in texts for word in _WORD.findall((text or "").casefold())})


def stored(texts: Iterable[str | None]) -> ColumnElement[str]:
    """The words as a column value."""
    return func.array_to_tsvector(cast(words_in(texts), ARRAY(Text)))


def wanted(text: str) -> ColumnElement[str]:
    """A query for what has all of these words, or words that begin with them; no words find nothing."""
    return cast(literal(" & ".join(f"'{word}':*" for word in words_in([text]))), TSQUERY)
