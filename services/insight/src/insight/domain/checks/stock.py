"""Order and inventory: what was requested, set aside, short and given back."""

from __future__ import annotations

from contracts.inventory import StockReleased
from contracts.order import OrderAmended, OrderAmendmentRejected, OrderCancelled, StockReleaseRequested
from insight.domain.finding import Finding, Findings
from insight.domain.kinds import Kind
from insight.domain.order_story import OrderStory, quantities
from insight.domain.statement import Statement, side, silent
from insight.domain.story import NONE, ZERO, by_id, plain, tallied


def stock_not_answered(order: OrderStory) -> Findings:
    """Each piece is reserved or short; what was withdrawn is told short once more."""
    for line_id, asked in order.requested.items():
        reserved, short = order.reserved.get(line_id, NONE), order.short.get(line_id, NONE)
        answered = reserved.amount + short.amount - order.withdrawn.get(line_id, NONE).amount
        if asked.amount > answered:
            one = side("order", "requested", plain(asked.amount), asked.behind)
            other = side("inventory", "reserved or short", plain(answered), [*reserved.behind, *short.behind])
            yield Finding(Kind.STOCK_NOT_ANSWERED, order.place(line_id=line_id), one, other)


def reserved_more_than_requested(order: OrderStory) -> Findings:
    for line_id, reserved in order.reserved.items():
        asked, withdrawn = order.requested.get(line_id, NONE), order.withdrawn.get(line_id, NONE)
        kept = reserved.amount - withdrawn.amount
        if kept > asked.amount:
            one = side("order", "requested", plain(asked.amount), asked.behind)
            other = side("inventory", "reserved", plain(kept), [*reserved.behind, *withdrawn.behind])
            yield Finding(Kind.RESERVED_MORE_THAN_REQUESTED, order.place(line_id=line_id), one, other)


def short_of_more_than_requested(order: OrderStory) -> Findings:
    for line_id, short in order.short.items():
        asked = order.requested.get(line_id, NONE)
        missing = short.amount - order.withdrawn.get(line_id, NONE).amount
        if missing > asked.amount:
            one = side("order", "requested", plain(asked.amount), asked.behind)
            other = side("inventory", "short", plain(missing), short.behind)
            yield Finding(Kind.SHORT_OF_MORE_THAN_REQUESTED, order.place(line_id=line_id), one, other)


def release_not_answered(order: OrderStory) -> Findings:
    """Inventory always answers, with nothing if need be."""
    answered = {each.event.release_id for each in order.all(StockReleased)}
    for asked in order.all(StockReleaseRequested):
        if asked.event.release_id not in answered:
            wanted = plain(sum((each.quantity.value for each in asked.event.lines), ZERO))
            one = side("order", "asked back", wanted, [asked])
            yield Finding(Kind.RELEASE_NOT_ANSWERED, order.place(), one, silent("inventory", "given back"))


def released_more_than_asked(order: OrderStory) -> Findings:
    asked = by_id(order.all(StockReleaseRequested), lambda event: event.release_id)
    for answer in order.all(StockReleased):
        wanted = tallied(asked.get(answer.event.release_id, ()), lambda event: quantities(event.lines))
        for line_id, given in tallied([answer], lambda event: quantities(event.lines)).items():
            if given.amount > (want := wanted.get(line_id, NONE)).amount:
                one = side("order", "asked back", plain(want.amount), want.behind)
                other = side("inventory", "given back", plain(given.amount), given.behind)
                yield Finding(Kind.RELEASED_MORE_THAN_ASKED, order.place(line_id=line_id), one, other)


def released_less_than_asked(order: OrderStory) -> Findings:
    """What is missing has left the house."""
    answers = by_id(order.all(StockReleased), lambda event: event.release_id)
    for asked in order.all(StockReleaseRequested):
        if (answer := answers.get(asked.event.release_id)) is None:
            continue
        given = tallied(answer, lambda event: quantities(event.lines))
        for line_id, want in tallied([asked], lambda event: quantities(event.lines)).items():
            missing = want.amount - given.get(line_id, NONE).amount
            if missing > order.left.get(line_id, NONE).amount:
                one = side("order", "asked back", plain(want.amount), want.behind)
                other = side("inventory", "given back", plain(want.amount - missing), answer)
                yield Finding(Kind.RELEASED_LESS_THAN_ASKED, order.place(line_id=line_id), one, other)


def change_never_finished(order: OrderStory) -> Findings:
    """After the answer the order cancels, amends, or says that it stays as it is."""
    answers = by_id(order.all(StockReleased), lambda event: event.release_id)
    for asked in order.all(StockReleaseRequested):
        if (answer := answers.get(asked.event.release_id)) and not _finished(order, asked):
            given = plain(sum((line.quantity.value for line in answer[0].event.lines), ZERO))
            one = side("inventory", "given back", given, answer)
            yield Finding(Kind.CHANGE_NEVER_FINISHED, order.place(), one, silent("order", "changed", [asked]))


def _finished(order: OrderStory, asked: Statement[StockReleaseRequested]) -> bool:
    """The first of these that follows the request is its end: there is one change at a time."""
    ends = (*order.all(OrderCancelled), *order.all(OrderAmended), *order.all(OrderAmendmentRejected))
    return any(end.sequence > asked.sequence for end in ends)
