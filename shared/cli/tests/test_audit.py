"""The audit finds what was planted, only that, and only when it stays."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from orderloop.audit import facts as read_facts
from orderloop.audit import reading, report
from orderloop.audit.checks import checks
from orderloop.audit.facts import (
    CreditAccount,
    Delivery,
    Document,
    Facts,
    Invoice,
    Order,
    OrderLine,
    Part,
    Payment,
    Proved,
    Shipment,
    Trouble,
)
from orderloop.audit.run import Audit, audit, standing

NOTHING = Decimal(0)


# Any below: the builders take whatever fields their class has


def a_line(**more: Any) -> OrderLine:
    quantities = dict.fromkeys(("pending", "backordered", "reserved", "picking", "shipped", "cancelled"), NOTHING)
    line = OrderLine(
        line_id="line-1",
        item_id="item-1",
        sku="LAMP",
        unit_price=Decimal("10.00"),
        tax_percent=Decimal(19),
        ordered=Decimal(5),
        **quantities,
    )
    return replace(line, **more)


def an_order(**more: Any) -> Order:
    """Closed: five lamps shipped, delivered, invoiced, paid."""
    order = Order(
        order_id="order-1",
        number="SO-1",
        status="closed",
        customer_id="customer-1",
        opportunity_id="opportunity-1",
        currency="EUR",
        prepaid=False,
        on_credit_hold=False,
        lines=(a_line(shipped=Decimal(5)),),
        deliveries=(Delivery("shipment-1", True, True, "invoice-1", True),),
    )
    return replace(order, **more)


def an_invoice(**more: Any) -> Invoice:
    invoice = Invoice(
        invoice_id="invoice-1",
        number="INV-2026-000001",
        order_id="order-1",
        customer_id="customer-1",
        shipment_id="shipment-1",
        parts=(Part("line-1", Decimal(5), Decimal("50.00")),),
        currency="EUR",
        net=Decimal("50.00"),
        tax=Decimal("9.50"),
        gross=Decimal("59.50"),
        credited=NOTHING,
        settled=Decimal("59.50"),
        waived=NOTHING,
        open=NOTHING,
    )
    return replace(invoice, **more)


def a_payment(**more: Any) -> Payment:
    payment = Payment(
        payment_id="payment-1",
        reference="bank 1",
        customer_id="customer-1",
        prepayment=False,
        amount=Decimal("59.50"),
        allocations=(("invoice-1", Decimal("59.50")),),
        refunded=NOTHING,
        unallocated=NOTHING,
    )
    return replace(payment, **more)


def an_account(**more: Any) -> CreditAccount:
    account = CreditAccount("customer-1", "Hotel Seven Owls", NOTHING, NOTHING, NOTHING, NOTHING, ())
    return replace(account, **more)


def some_facts(**more: Any) -> Facts:
    """One closed loop in which all services agree."""
    facts = Facts(
        won=["opportunity-1"],
        orders=[an_order()],
        shipments=[Shipment("shipment-1", "order-1", "delivered", (Part("line-1", Decimal(5)),))],
        invoices=[an_invoice()],
        payments=[a_payment()],
        accounts=[an_account()],
        complaints=["case-1"],
        nonconformances=["case-1"],
    )
    return replace(facts, **more)


def waiting_facts(**more: Any) -> Facts:
    """One order of five: two in picking, one reserved, two on back-order of which one is bought."""
    quantities = {"picking": Decimal(2), "reserved": Decimal(1), "backordered": Decimal(2)}
    order = an_order(status="in_fulfilment", lines=(a_line(**quantities),), deliveries=())
    facts = Facts(
        won=["opportunity-1"],
        orders=[order],
        shipments=[Shipment("shipment-1", "order-1", "packed", (Part("line-1", Decimal(2)),))],
        reserved={"item-1": Decimal(3)},
        bought={"line-1": Decimal(1)},
        short={"line-1": Decimal(1)},
        accounts=[an_account(open_orders=Decimal("59.50"), exposure=Decimal("59.50"))],
    )
    return replace(facts, **more)


def found(facts: Facts) -> dict[str, list[tuple[str, str, str]]]:
    """What differs: check, and for each difference what it is about and both sides."""
    return {
        check.name: [(each.about, each.left, each.right) for each in check.differences]
        for check in checks(facts)
        if check.differences
    }


@pytest.mark.parametrize("facts", [some_facts(), waiting_facts(), Facts()])
def test_nothing_differs_where_all_services_agree(facts: Facts) -> None:
    assert found(facts) == {}


def test_a_won_opportunity_without_an_order_is_found() -> None:
    name = "every won opportunity has exactly one order, and no other has any"

    assert found(some_facts(won=["opportunity-1", "opportunity-2"])) == {
        name: [("opportunity opportunity-2", "sales: won 1", "order: orders 0")]
    }


def test_an_opportunity_that_was_ordered_twice_is_found() -> None:
    twice = [an_order(), an_order(order_id="order-2", number="SO-2", status="placed", lines=(), deliveries=())]

    assert found(some_facts(orders=twice)) == {
        "every won opportunity has exactly one order, and no other has any": [
            ("opportunity opportunity-1", "sales: won 1", "order: orders 2")
        ]
    }


def test_a_lost_piece_of_an_order_line_is_found() -> None:
    order = an_order(lines=(a_line(shipped=Decimal(5), ordered=Decimal(6)),))

    assert found(some_facts(orders=[order]))["order: every piece of every line is somewhere, once"] == [
        ("SO-1 LAMP", "ordered 6", "accounted for 5")
    ]


def test_a_dispatch_that_the_order_has_not_heard_of_is_found() -> None:
    shipments = [
        *some_facts().shipments,
        Shipment("shipment-2", "order-1", "dispatched", (Part("line-1", Decimal(1)),)),
    ]

    differences = found(some_facts(shipments=shipments))

    assert differences == {
        "order lines: shipped = dispatched by inventory": [
            ("SO-1 LAMP", "order: shipped 5", "inventory: dispatched 6")
        ],
        "shipments: dispatched and delivered alike": [
            ("shipment shipment-2 of SO-1", "order: nothing", "inventory: dispatched")
        ],
        "every dispatched shipment has exactly one invoice": [
            ("shipment shipment-2 of SO-1", "inventory: dispatched 1", "finance: invoices 0")
        ],
    }


def test_a_shipment_that_was_invoiced_twice_is_found() -> None:
    second = an_invoice(invoice_id="invoice-2", number="INV-2026-000002", settled=NOTHING, open=Decimal("59.50"))

    differences = found(some_facts(invoices=[an_invoice(), second]))

    assert differences["every dispatched shipment has exactly one invoice"] == [
        ("shipment shipment-1 of SO-1", "inventory: dispatched 1", "finance: invoices 2")
    ]
    assert differences["order lines: shipped = invoiced by finance"] == [
        ("SO-1 LAMP", "order: shipped 5", "finance: invoiced 10")
    ]
    assert differences["orders are closed when they are settled, and not before"] == [
        ("SO-1", "order: closed", "finance: 1 open invoices")
    ]


def test_goods_in_a_shipment_that_the_order_does_not_pick_are_found() -> None:
    shipments = [Shipment("shipment-1", "order-1", "picking", (Part("line-1", Decimal(3)),))]

    assert found(waiting_facts(shipments=shipments)) == {
        "order lines: in picking = in inventory's shipments that have not left": [
            ("SO-1 LAMP", "order: picking 2", "inventory: in shipments 3")
        ]
    }


def test_stock_that_nobody_ordered_to_be_reserved_is_found() -> None:
    assert found(waiting_facts(reserved={"item-1": Decimal(3), "item-2": Decimal(4)})) == {
        "items: reserved and picking in all orders = reserved in inventory's stock": [
            ("item item-2", "order: reserved and picking 0", "inventory: reserved 4")
        ]
    }


def test_a_service_needs_no_reservation_in_stock() -> None:
    assert found(waiting_facts(reserved={}, services=frozenset({"item-1"}))) == {}


def test_a_backorder_that_inventory_forgot_is_found() -> None:
    assert found(waiting_facts(short={})) == {
        "order lines: on back-order = bought for them, or short, in inventory": [
            ("SO-1 LAMP", "order: back-ordered 2", "inventory: bought or short 1")
        ]
    }


def test_a_purchase_whose_cancellation_is_not_answered_may_bring_more_than_is_waited_for() -> None:
    bought = {"line-1": Decimal(3)}

    assert found(waiting_facts(bought=bought, short={}, bought_in_doubt=frozenset({"line-1"}))) == {}
    assert found(waiting_facts(bought=bought, short={})) != {}


def test_a_cancelled_order_that_still_keeps_goods_is_found() -> None:
    order = an_order(status="cancelled", lines=(a_line(cancelled=Decimal(5)),), deliveries=())
    shipments = [Shipment("shipment-1", "order-1", "planned", (Part("line-1", Decimal(5)),))]

    differences = found(waiting_facts(orders=[order], shipments=shipments, accounts=[an_account()]))

    assert differences["cancelled and closed orders keep no goods"] == [
        ("SO-1", "order: open 0", "inventory: in shipments 5")
    ]


def test_a_wrong_price_on_an_invoice_is_found() -> None:
    wrong = an_invoice(parts=(Part("line-1", Decimal(5), Decimal("49.00")),))

    assert found(some_facts(invoices=[wrong])) == {
        "invoice lines: net = the order's price times quantity": [
            ("INV-2026-000001 LAMP", "finance: 49 EUR", "order: 50 EUR")
        ]
    }


def test_an_invoice_of_another_customer_is_found() -> None:
    differences = found(some_facts(invoices=[an_invoice(customer_id="customer-2")]))

    assert differences["invoices are those of the order's customer"] == [
        ("INV-2026-000001", "finance: customer customer-2", "order: customer customer-1")
    ]


def test_a_payment_that_the_order_has_not_heard_of_is_found() -> None:
    order = an_order(status="completed", deliveries=(Delivery("shipment-1", True, True, "invoice-1", False),))

    assert found(some_facts(orders=[order])) == {
        "invoices: issued and paid alike": [("INV-2026-000001", "order: open", "finance: paid")]
    }


def test_a_settled_order_that_was_never_closed_is_found() -> None:
    assert found(some_facts(orders=[an_order(status="completed")])) == {
        "orders are closed when they are settled, and not before": [
            ("SO-1", "order: completed", "all is delivered and paid")
        ]
    }


def test_an_allocation_that_the_invoice_does_not_know_is_found() -> None:
    payment = a_payment(allocations=(("invoice-1", Decimal("60.00")),), amount=Decimal("60.00"))

    assert found(some_facts(payments=[payment])) == {
        "invoices: settled = allocations of payments": [
            ("INV-2026-000001", "invoice: settled 59.5", "payments: allocated 60")
        ]
    }


def test_lost_cents_of_an_invoice_are_found() -> None:
    differences = found(some_facts(invoices=[an_invoice(settled=Decimal("59.49"))]))

    assert differences["invoices: open = gross - credited - settled - waived"] == [
        ("INV-2026-000001", "open 0", "gross less all 0.01")
    ]


def test_money_of_a_payment_that_is_nowhere_is_found() -> None:
    assert found(some_facts(payments=[a_payment(amount=Decimal(100))])) == {
        "payments: amount = allocated + refunded + unallocated": [
            ("payment bank 1", "amount 100", "used and left 59.5")
        ]
    }


def test_a_refund_and_a_credit_note_that_nobody_booked_are_found() -> None:
    refunds, notes = [Document("r", "payment-1", Decimal(1))], [Document("CN-2026-000001", "invoice-1", Decimal(2))]

    assert found(some_facts(refunds=refunds, credit_notes=notes)) == {
        "payments: refunded = refunds": [("payment bank 1", "payment: refunded 0", "refunds 1")],
        "invoices: credited = credit notes": [("INV-2026-000001", "invoice: credited 0", "credit notes 2")],
    }


def test_an_exposure_that_is_not_what_the_orders_come_to_is_found() -> None:
    account = an_account(open_orders=Decimal(60), exposure=Decimal(60))

    assert found(waiting_facts(accounts=[account])) == {
        "credit accounts: open orders = orders": [("Hotel Seven Owls", "account: open orders 60", "orders 59.5")]
    }


def test_what_is_paid_before_counts_for_no_credit() -> None:
    order = replace(waiting_facts().orders[0], prepaid=True)

    assert found(waiting_facts(orders=[order], accounts=[an_account()])) == {}


def test_a_prepayment_that_waits_for_its_order_is_no_free_cash() -> None:
    waits = {"allocations": (), "unallocated": Decimal("59.50")}
    account = an_account(unallocated_cash=Decimal("59.50"), exposure=Decimal("-59.50"))

    assert found(Facts(payments=[a_payment(prepayment=True, **waits)], accounts=[an_account()])) == {}
    assert found(Facts(payments=[a_payment(**waits)], accounts=[account])) == {}


def test_receivables_cash_and_exposure_are_compared_with_documents() -> None:
    account = an_account(receivables=Decimal(1), unallocated_cash=Decimal(2), exposure=Decimal(3))

    assert found(some_facts(accounts=[account])) == {
        "credit accounts: receivables = invoices": [("Hotel Seven Owls", "account: receivables 1", "invoices 0")],
        "credit accounts: free cash = payments": [("Hotel Seven Owls", "account: free cash 2", "payments 0")],
        "credit accounts: exposure = its parts": [("Hotel Seven Owls", "account: exposure 3", "its parts -1")],
    }


def test_an_order_that_only_finance_holds_is_found() -> None:
    account = an_account(open_orders=Decimal("59.50"), exposure=Decimal("59.50"), waiting=("order-1",))

    assert found(waiting_facts(accounts=[account])) == {
        "credit holds: the same orders wait": [("SO-1", "order: nothing", "finance: held")]
    }


def test_a_gap_in_the_invoice_numbers_is_found() -> None:
    assert found(some_facts(invoices=[an_invoice(number="INV-2026-000003")])) == {
        "invoice and credit note numbers have no gap": [
            ("INV-2026-1", "missing", "the last is 3"),
            ("INV-2026-2", "missing", "the last is 3"),
        ]
    }


def test_a_complaint_without_a_nonconformance_is_found() -> None:
    assert found(some_facts(nonconformances=[])) == {
        "every complaint has its nonconformance": [
            ("case case-1", "service: complaints 1", "quality: nonconformances 0")
        ]
    }


@pytest.mark.parametrize("part", ["books", "stock", "parked", "timers"])
def test_what_a_service_says_of_itself_is_found(part: str) -> None:
    trouble = Proved(3, (Trouble("order: sales.events x", "refused: no", "2 events wait"),))

    differences = found(some_facts(**{part: trouble}))

    assert list(differences.values()) == [[("order: sales.events x", "refused: no", "2 events wait")]]


def test_a_trial_balance_that_does_not_come_to_zero_is_found() -> None:
    balance = {"accounts": [{"currency": "EUR", "balance": "5.00"}, {"currency": "EUR", "balance": "-4.00"}]}
    claim = {"claim": "debits are credits", "currency": "EUR", "ledger": "5", "documents": "4", "holds": False}

    proof = reading.books(balance, {"claims": [claim]})

    assert proof.statements == 2
    assert [each.about for each in proof.troubles] == ["trial balance in EUR", "debits are credits (EUR)"]


def test_a_place_whose_ledger_differs_is_told_with_both_sides() -> None:
    names = ("on_hand", "sum_of_movements", "sum_of_lots", "reserved", "sum_of_reservations", "quarantined",
             "sum_of_quarantined_lots", "value_of_lots", "value_of_movements", "available")  # fmt: skip
    place = dict.fromkeys(names, "1") | {"item_id": "i", "warehouse_id": "w", "holds": False, "sum_of_lots": "2"}

    proof = reading.stock({"checked": 7, "places": [place]})

    assert proof == Proved(7, (Trouble("item i in warehouse w", "on_hand 1", "sum_of_lots 2"),))


def test_an_orders_answer_is_read_with_its_holds_and_deliveries() -> None:
    money = {"amount": "10.00", "currency": "EUR"}
    quantities = dict.fromkeys(("pending", "backordered", "reserved", "picking", "shipped", "cancelled"), "0")
    line = {"line_id": "l", "item_id": "i", "sku": "s", "unit_price": money, "tax_percent": "19", "ordered": "5"}
    delivery = {"shipment_id": "sh", "lines": [], "delivered": False, "invoice_id": "in", "paid": False}
    answer = {name: name for name in ("order_id", "number", "status", "customer_id", "opportunity_id")}

    order = read_facts.order_of(
        {
            **answer,
            "total": money,
            "prepaid": False,
            "holds": [{"stands": False, "kind": "credit"}, {"stands": True, "kind": "manual"}],
            "lines": [line | quantities],
            "deliveries": [delivery],
        }
    )

    assert not order.on_credit_hold
    assert order.deliveries == (Delivery("sh", False, False, "in", False),)
    assert order.lines[0].unit_price == Decimal("10.00")


def readings_of(*facts: Facts) -> Callable[[], Awaitable[Facts]]:
    """What is read, one after another; the last one again and again."""
    left = list(facts)

    async def read() -> Facts:
        return left.pop(0) if len(left) > 1 else left[0]

    return read


async def test_what_was_under_way_is_no_difference() -> None:
    found = await audit(readings_of(some_facts(won=[]), some_facts()), (0, 0))

    assert (found.holds, found.readings) == (True, 2)


async def test_what_stays_is_reported_after_the_last_reading() -> None:
    found = await audit(readings_of(some_facts(won=[])), (0, 0, 0))

    assert (found.differences, found.readings, found.moving) == (1, 4, 0)


async def test_a_difference_of_another_amount_is_another_difference() -> None:
    one, other = (some_facts(accounts=[an_account(receivables=Decimal(n), exposure=Decimal(n))]) for n in (1, 2))

    found = await audit(readings_of(one, other), (0,))

    assert (found.holds, found.moving) == (True, 1)


def test_only_what_both_readings_show_stands() -> None:
    before, latest = checks(some_facts(won=["a", "opportunity-1"])), checks(some_facts(won=["a", "b", "opportunity-1"]))

    found = standing(before, latest, 2)

    assert [each.about for check in found.checks for each in check.differences] == ["opportunity a"]
    assert found.moving == 1


def test_ten_thousand_orders_are_compared_in_seconds() -> None:
    numbers = [str(number) for number in range(10_000)]
    orders = [
        an_order(
            order_id=n,
            number=f"SO-{n}",
            opportunity_id=n,
            lines=(a_line(line_id=n, shipped=Decimal(5)),),
            deliveries=(Delivery(n, True, True, n, True),),
        )
        for n in numbers
    ]
    invoices = [
        an_invoice(
            invoice_id=n,
            number=f"INV-2026-{int(n) + 1:06}",
            order_id=n,
            shipment_id=n,
            parts=(Part(n, Decimal(5), Decimal("50.00")),),
        )
        for n in numbers
    ]
    facts = some_facts(
        won=numbers,
        orders=orders,
        shipments=[Shipment(n, n, "delivered", (Part(n, Decimal(5)),)) for n in numbers],
        invoices=invoices,
        payments=[a_payment(payment_id=n, allocations=((n, Decimal("59.50")),)) for n in numbers],
    )

    assert found(facts) == {}


def test_the_report_shows_both_sides_and_says_how_many() -> None:
    latest = checks(some_facts(won=["opportunity-1", *(f"o{n:02}" for n in range(25))]))
    console = Console(width=140, record=True, quiet=False, file=None, force_terminal=False)

    with console.capture() as captured:
        console.print(report.tables(Audit(latest, 4)))

    text = captured.get()
    assert "the first 20 of 25" in text
    assert "opportunity o00  sales: won 1  order: orders 0" in text
    assert "25 differences" in text


def test_the_json_has_every_difference() -> None:
    latest = checks(some_facts(won=["opportunity-1", *(f"o{n:02}" for n in range(25))]))

    whole = json.loads(json.dumps(report.as_json(Audit(latest, 4))))

    assert (whole["holds"], whole["readings"]) == (False, 4)
    assert len(whole["checks"][0]["differences"]) == 25
    assert whole["checks"][0]["holds"] is False
