"""Orders, goods, money, copies, parked keys: I1, I2, I3, I12, I13, I14."""

from __future__ import annotations

import pytest

from campaign.invariants import Violation
from campaign.invariants.books import i3_books_balance
from campaign.invariants.orders import i1_won_is_ordered_once, i14_nothing_stuck
from campaign.invariants.parking import i13_parked_is_poisoned
from campaign.invariants.projections import i12_projections_are_what_was_told
from campaign.invariants.stock import i2_goods_add_up

from .history import History, sql_of


def said(found: list[Violation]) -> list[str]:
    return [each.what for each in found]


async def test_a_second_order_of_an_opportunity_is_reported(history: History) -> None:
    second = f"""
        DROP INDEX orders_opportunity;
        UPDATE orders SET opportunity_id = '{history.opportunity_id}' WHERE status = 'cancelled'
    """
    async with history.broken(order=second) as facts:
        [found] = await i1_won_is_ordered_once(facts)

    assert found.what == "an opportunity is won, was told as won 1 times and has 2 orders"
    assert found.evidence == {"opportunity_id": history.opportunity_id}


async def test_a_won_opportunity_without_an_order_is_reported(history: History) -> None:
    async with history.broken(order="UPDATE orders SET opportunity_id = NULL") as facts:
        assert said(await i1_won_is_ordered_once(facts)) == [
            "an opportunity is won, was told as won 1 times and has 0 orders"
        ]


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("UPDATE lots SET on_hand = on_hand + 1", "a lot holds another quantity than came and went: 9 and 8"),
        ("UPDATE lots SET value = value + 1", "a lot is worth something else than came and went: 321.00 and 320.00"),
        (
            "UPDATE stock_levels SET on_hand = on_hand + 1",
            "a level is something else than its lots (on hand, quarantined): 9 0 and 8 0",
        ),
        (
            "UPDATE stock_levels SET reserved = reserved + 1",
            "what is reserved of an item is not what orders hold: 2 and 1",
        ),
        (
            "UPDATE stock_levels SET on_hand = on_hand + 1; UPDATE lots SET on_hand = on_hand + 1, value = value + 40;"
            "INSERT INTO movements (item_id, warehouse_id, lot_id, kind, quantity, unit, cost, currency, reason,"
            " moved_at) SELECT item_id, warehouse_id, lot_id, 'receipt', 1, unit, 40, currency, '', now() FROM lots",
            "received + adjusted - shipped is not what is on hand: 8 and 9",
        ),
        (
            "DELETE FROM shipments WHERE status = 'planned'",
            "what is planned of an order line is not in shipments: 1 and 0",
        ),
        (
            "ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_available;"
            "ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_not_negative;"
            "UPDATE stock_levels SET reserved = 99",
            "a level is negative or promises more than there is: 8 and 99",
        ),
    ],
)
async def test_goods_that_do_not_add_up_are_reported(history: History, broken: str, what: str) -> None:
    async with history.broken(inventory=broken) as facts:
        assert what in said(await i2_goods_add_up(facts))


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (
            "UPDATE postings SET amount = amount + 1 WHERE account = 'revenue'",
            "a journal entry does not balance: 238.00 and 239.00",
        ),
        (
            "UPDATE payments SET allocations = '[]', unallocated = amount",
            "an invoice is settled by another sum than payments say: 238.00 and 0",
        ),
        ("UPDATE payments SET unallocated = 1", "a payment is not all somewhere: 238.00 and 239.00"),
        (
            "UPDATE credit_accounts SET receivables = 7",
            "a customer owes another sum than is open on its invoices: 7 and 0.00",
        ),
        (
            "DELETE FROM postings WHERE journal_entry_id IN (SELECT journal_entry_id FROM journal_entries"
            " WHERE cause LIKE '%InvoiceIssued%');"
            "DELETE FROM journal_entries WHERE cause LIKE '%InvoiceIssued%'",
            "orderloop.finance.InvoiceIssued.v1 has 0 journal entries",
        ),
        (
            "DROP INDEX journal_entries_once;"
            "INSERT INTO journal_entries SELECT gen_random_uuid(), posted_on, cause, subject, cause_id, text, order_id,"
            " customer_id FROM journal_entries WHERE cause LIKE '%ShipmentDispatched%'",
            "orderloop.inventory.ShipmentDispatched.v1 has 2 journal entries",
        ),
    ],
)
async def test_books_that_do_not_balance_are_reported(history: History, broken: str, what: str) -> None:
    past_its_triggers = "SET LOCAL session_replication_role = replica;"
    async with history.broken(finance=past_its_triggers + broken) as facts:
        assert what in said(await i3_books_balance(facts))


@pytest.mark.parametrize(
    ("service", "broken", "what"),
    [
        ("sales", "UPDATE customers SET name = 'Emca'", "sales: a customer's name is Emca, customer has told Acme"),
        ("quality", "DELETE FROM items", "quality: an item's number is not there, inventory has told LAMP"),
        (
            "sales",
            "UPDATE availability SET available = 99",
            "sales: what can be promised of an item is 99, inventory has told 7",
        ),
        (
            "order",
            "UPDATE orders SET lines = jsonb_set(lines, '{0,shipped}', '\"1\"') WHERE status = 'closed'",
            "order: what is shipped of an order line is 1, inventory has told 2",
        ),
        (
            "finance",
            "UPDATE orders SET lines = jsonb_set(lines, '{0,cancelled,value}', '\"1\"') WHERE status = 'open'",
            "finance: what is cancelled of an order line is 1, order has told nothing",
        ),
        ("customer", "DELETE FROM timeline WHERE event = 'OrderClosed'", "customer: the timeline has no entry"),
        (
            "service",
            "DELETE FROM shipped_units",
            "service: what is shipped of an order line is not there, inventory has told 2",
        ),
        (
            "quality",
            "UPDATE nonconformances SET case_id = NULL",
            "quality: the nonconformance of a complaint is not there, service has told raised",
        ),
    ],
)
async def test_a_copy_that_is_not_what_was_told_is_reported(
    history: History, service: str, broken: str, what: str
) -> None:
    async with history.broken(**sql_of(service, broken)) as facts:
        assert what in said(await i12_projections_are_what_was_told(facts))


PARKED = (
    "INSERT INTO parked_key (topic, subject, kind, reason, attempts) VALUES ('sales.events', '{}', 'refused', 'no', 0)"
)


async def test_a_parked_key_that_nobody_poisoned_is_reported(history: History) -> None:
    async with history.broken(order=PARKED.format(history.opportunity_id)) as facts:
        assert said(await i13_parked_is_poisoned(facts)) == ["order has parked a key that nobody poisoned: no"]


async def test_an_event_that_was_given_up_and_not_poisoned_is_reported(history: History) -> None:
    discarded = "INSERT INTO discarded_message VALUES (gen_random_uuid(), '{}', '', '')"
    async with history.broken(order=discarded) as facts:
        assert said(await i13_parked_is_poisoned(facts)) == ["order has given up an event that nobody poisoned"]


async def test_poison_has_to_be_set_aside_by_each_that_hears_it(history: History) -> None:
    won = next(
        each
        for each in history.topics.sent["sales"]
        if ("ce_type", b"orderloop.sales.OpportunityWon.v1") in each.headers
    )
    told = history.told(poison=frozenset({str(won.event_id)}))
    aside = f"""
        {PARKED.format(history.opportunity_id)};
        INSERT INTO parked_message VALUES ('sales.events', '{history.opportunity_id}', 2, '{{"id": "{won.event_id}"}}')
    """
    async with history.broken(told, order=aside) as facts:
        assert said(await i13_parked_is_poisoned(facts)) == ["customer has not set aside what was poisoned"]
    async with history.broken(told, order=aside, customer=aside) as facts:
        assert await i13_parked_is_poisoned(facts) == []


@pytest.mark.parametrize(
    ("service", "broken", "what"),
    [
        (
            "order",
            "UPDATE orders SET waiting_for = 'stock_answer' WHERE number = 'SO-0000003'",
            "order SO-0000003 waits for stock_answer",
        ),
        (
            "order",
            "UPDATE orders SET waiting_until = now() - interval '1 hour' WHERE number = 'SO-0000003'",
            "order SO-0000003 waits for shipment",
        ),
        ("sales", "UPDATE timer SET attempts = 2", "sales's timer expire_quotes has failed 2 times"),
        ("order", "UPDATE orders SET status = 'cancelled'", "an order that is over holds reserved goods"),
        ("order", "UPDATE orders SET status = 'cancelled'", "an order that is over holds a shipment that is planned"),
        ("order", "UPDATE orders SET status = 'cancelled'", "an order that is over is still to be invoiced"),
    ],
)
async def test_what_is_stuck_or_held_in_vain_is_reported(
    history: History, service: str, broken: str, what: str
) -> None:
    async with history.broken(**sql_of(service, broken)) as facts:
        assert what in said(await i14_nothing_stuck(facts))


async def test_a_deadline_is_over_only_after_its_grace(history: History) -> None:
    late = "UPDATE orders SET waiting_until = now() - interval '1 minute' WHERE number = 'SO-0000003'"
    async with history.broken(history.told(grace=120.0), order=late) as facts:
        assert await i14_nothing_stuck(facts) == []
