"""Orders of the source, and those that were cancelled there."""

from __future__ import annotations

from orderloop.importing.journal import Did
from orderloop.importing.matching import wholly_taken_back
from orderloop.importing.records import Line, Order
from orderloop.importing.work import Work, day, given

ORDER_REFUSED = "its order was refused"


async def place_orders(work: Work) -> None:
    async def placed(order: Order) -> Did:
        return await _place(work, order)

    await work.each("orders", "order", work.batch.orders.values(), placed)


async def cancel_orders(work: Work) -> None:
    """Those that the source calls cancelled, and those that were taken back as a whole before they left the house."""
    taken_back = wholly_taken_back(work.batch)
    reasons = {key: backs[0].reason for key, backs in taken_back.items()}
    reasons |= {order.key: order.reason for order in work.batch.orders.values() if order.progress == "cancelled"}

    async def cancelled(order: Order) -> Did:
        path = f"/orders/{order_id(work, order.key)}/cancel"
        body = {"reason": reasons[order.key] or "cancelled at the source"}
        _ = await work.send("order", path, body, of=("cancellation", order.key), wait_for=("change-under-way",))
        return {}

    await work.each("cancellations", "cancellation", [work.batch.orders[key] for key in reasons], cancelled)


def order_id(work: Work, key: str) -> str:
    return work.done("order", key, ORDER_REFUSED)["order_id"]


def line_id(work: Work, key: str, line: str) -> str:
    """The id of a line, which the source knows by its place in the order."""
    return work.done("order", key, ORDER_REFUSED)["lines"][int(line)]


async def _place(work: Work, order: Order) -> Did:
    body = given(
        customer_id=work.customer_id(order.customer),
        lines=[_wanted(work, line) for line in order.lines],
        channel=order.channel,
        prepaid=order.prepaid,
        customer_reference=order.reference,
        ordered_on=day(order.ordered_on),
        requested_on=day(order.requested_on),
    )
    placed = (await work.send("order", "/orders", body, of=("order", order.key))).body
    return {"order_id": placed["order_id"], "lines": [line["line_id"] for line in placed["lines"]]}


def _wanted(work: Work, line: Line) -> dict[str, object]:
    return given(
        item_id=work.item_id(line.item),
        quantity=work.quantity(line.item, line.quantity),
        unit_price=work.money(line.price),
        tax_percent=str(line.tax_percent),
        description=line.description,
    )
