"""Opportunities, and what became of them; a won one becomes an order by itself."""

from __future__ import annotations

from datetime import date

from orderloop.importing.journal import Did
from orderloop.importing.records import Line, Opportunity
from orderloop.importing.work import Work, day, given

STANDS_UNTIL = date(2099, 12, 31)
"""The source does not say until when offers stood; a past day would let them expire between sending and accepting."""


async def import_opportunities(work: Work) -> None:
    """Open every opportunity, then bring the decided ones to their end."""
    opportunities = work.batch.opportunities.values()

    async def opened(opportunity: Opportunity) -> Did:
        return await _open(work, opportunity)

    async def lost(opportunity: Opportunity) -> Did:
        return await _lose(work, opportunity)

    async def won(opportunity: Opportunity) -> Did:
        return await _win(work, opportunity)

    await work.each("opportunities", "opportunity", opportunities, opened)
    await work.each("opportunities lost", "lost", [each for each in opportunities if each.outcome == "lost"], lost)
    await work.each("opportunities won", "won", [each for each in opportunities if each.outcome == "won"], won)


async def _open(work: Work, opportunity: Opportunity) -> Did:
    body = given(
        name=opportunity.name,
        owner=opportunity.owner,
        amount=work.money(opportunity.amount),
        customer_id=work.customer_id(opportunity.customer) if opportunity.customer else None,
        stage=opportunity.stage,
        external_reference=f"{work.mapping.name}/{opportunity.key}",
        opened_on=day(opportunity.opened_on),
        expected_close_on=day(opportunity.closed_on),
    )
    answer = await work.send("sales", "/opportunities", body, of=("opportunity", opportunity.key))
    return {"opportunity_id": answer.body["opportunity_id"]}


async def _lose(work: Work, opportunity: Opportunity) -> Did:
    path = f"/opportunities/{_id(work, opportunity)}/lose"
    body = given(reason=opportunity.reason, lost_on=day(opportunity.closed_on))
    _ = await work.send("sales", path, body, of=("lost", opportunity.key))
    return {}


async def _win(work: Work, opportunity: Opportunity) -> Did:
    """One quote, sent and accepted on the day the source names."""
    of, on = ("won", opportunity.key), day(opportunity.closed_on)
    body = given(
        opportunity_id=_id(work, opportunity),
        lines=[_offered(work, line) for line in opportunity.lines],
        valid_until=STANDS_UNTIL.isoformat(),
        prepared_on=on,
    )
    prepared = await work.send("sales", "/quotes", body, of=of, part="prepare")
    path = f"/quotes/{prepared.body['quote_id']}"
    _ = await work.send("sales", f"{path}/send", given(sent_on=on), of=of, part="send")
    accepted = given(revision=1, customer_reference=opportunity.key, accepted_on=on)
    _ = await work.send("sales", f"{path}/accept", accepted, of=of, part="accept")
    return {"quote_id": prepared.body["quote_id"]}


def _offered(work: Work, line: Line) -> dict[str, object]:
    return given(
        item_id=work.item_id(line.item),
        quantity=work.quantity(line.item, line.quantity),
        unit_price=work.money(line.price),
        tax_percent=str(line.tax_percent),
        description=line.description,
    )


def _id(work: Work, opportunity: Opportunity) -> str:
    return work.done("opportunity", opportunity.key, "its opportunity was refused")["opportunity_id"]
