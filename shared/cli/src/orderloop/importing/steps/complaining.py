"""Complaints about orders."""

from __future__ import annotations

from orderloop.importing.journal import Did
from orderloop.importing.records import Complaint
from orderloop.importing.steps.ordering import line_id, order_id
from orderloop.importing.work import Work, day, given

NOTHING_SHIPPED = "the source tells of a complaint before anything was shipped"


async def import_complaints(work: Work) -> None:
    """Each about the first line of its order, or about the order when nothing of it was shipped."""

    async def filed(complaint: Complaint) -> Did:
        return await _file(work, complaint)

    await work.each("complaints", "complaint", work.batch.complaints.values(), filed)


async def _file(work: Work, complaint: Complaint) -> Did:
    order = work.batch.orders[complaint.order]
    shipped = work.journal.did("shipping", order.key) is not None
    body = given(
        customer_id=work.customer_id(order.customer),
        kind="complaint",
        title=complaint.title,
        description=complaint.description,
        severity=complaint.severity,
        order_id=order_id(work, order.key),
        line_id=line_id(work, order.key, order.lines[0].key) if shipped else None,
        nothing_named_because=None if shipped else NOTHING_SHIPPED,
        external_reference=f"{work.mapping.name}/{complaint.key}"[:100],
        opened_on=day(complaint.opened_on),
    )
    wait_for = ("nothing-shipped-on-order-line",)
    answer = await work.send("service", "/cases", body, of=("complaint", complaint.key), wait_for=wait_for)
    return {"case_id": answer.body["case_id"]}
