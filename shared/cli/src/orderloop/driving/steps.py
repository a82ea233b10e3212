"""The steps of the loop as its people take them, one function each.

What a person does is an HTTP command; that it had its effect elsewhere is seen in the event stream (or read over HTTP).
"""

from __future__ import annotations

from orderloop.driving.caring import Caring
from orderloop.driving.company import until_true, when_known
from orderloop.driving.selling import Selling, lines_of
from orderloop.driving.shipping import Shipping, packing
from orderloop.driving.stocking import Stocking
from orderloop.driving.words import CURRENCY, Goods, Wish, in_days, money, pieces, total

__all__ = [
    "CURRENCY", "Goods", "Steps", "Wish", "in_days", "lines_of", "money", "packing", "pieces", "total", "until_true",
    "when_known",
]  # fmt: skip


class Steps(Selling, Stocking, Shipping, Caring):
    """Everything that the people of the company do."""
