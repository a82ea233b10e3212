"""What an event says, in a few words for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

Data = dict[str, Any]  # Any: the data of an event, JSON


def told(name: str, data: Data) -> str:
    """A few words; of an event that has none of its own here, its name in words."""
    words = _WORDS.get(name)
    return words(data) if words else re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def money(amount: Data) -> str:
    """12345.5 EUR as 12,345.50 EUR."""
    number = Decimal(amount["amount"])
    places = max(2, len(str(amount["amount"]).partition(".")[2]))
    return f"{number:,.{places}f} {amount['currency']}"


def _pieces(lines: list[Data]) -> str:
    """How many pieces, over how many lines where there are several."""
    number = sum(float(line["quantity"]["value"]) for line in lines)
    return f"{number:g}" + (f" over {len(lines)} lines" if len(lines) > 1 else "")


def _short(data: Data) -> str:
    days = sorted({line["expected_on"] for line in data["lines"] if line.get("expected_on")})
    taken = f", {_pieces(data['withdrawn'])} of them taken back" if data.get("withdrawn") else ""
    return f"{_pieces(data['lines'])} short{taken}" + (f", expected on {days[0]}" if days else "")


def _bought(data: Data) -> str:
    return f"{data['number']}: {_pieces(data['lines'])} from {data['supplier']}, for {data['expected_on']}"


def _promised(data: Data) -> str:
    lost = f"; {_pieces(data['lost'])} will not come" if data.get("lost") else ""
    return f"the supplier promises {_pieces(data['lines'])} on {data['expected_on']}{lost}"


def _promise(data: Data) -> str:
    return f"now promised for {data['after'] or 'no day that we know'}, before {data['before'] or 'no day'}"


def _margin(data: Data) -> str:
    return f"{money(data['margin'])}, {float(data['margin_percent'] or 0):.1f} % of {money(data['revenue'])}"


def _credit(data: Data) -> str:
    limit = f" of {money(data['limit'])}" if data.get("limit") else ""
    return f"{data['reason']}: would owe {money(data['exposure'])}{limit}"


_WORDS: dict[str, Callable[[Data], str]] = {
    "OpportunityOpened": lambda d: f"“{d['name']}”, perhaps {money(d['amount'])}",
    "OpportunityStageChanged": lambda d: f"from {d['before']} to {d['after']}",
    "QuotePrepared": lambda d: f"{d['number']}, revision {d['revision']}: {money(d['total'])}",
    "QuoteSent": lambda d: f"{d['number']} is with the customer, good until {d['valid_until']}",
    "QuoteSuperseded": lambda d: f"revision {d['revision']} gives way to {d['superseded_by']}",
    "QuoteAccepted": lambda d: f"the customer says yes to {d['number']}",
    "OpportunityWon": lambda d: f"{_pieces(d['lines'])} for {money(d['total'])}",
    "OrderPlaced": lambda d: f"{d['number']}: {_pieces(d['lines'])} for {money(d['total'])}",
    "CreditExposureChecked": _credit,
    "CreditLimitExceeded": lambda d: f"would owe {money(d['exposure'])} of {money(d['limit'])}",
    "CreditLimitCleared": _credit,
    "CreditStateChanged": lambda d: f"{d['state']}: owes {money(d['exposure'])}",
    "StockRequested": lambda d: f"wants {_pieces(d['lines'])}",
    "StockReserved": lambda d: f"{_pieces(d['lines'])} set aside",
    "StockBackordered": _short,
    "StockReleaseRequested": lambda d: f"give back up to {_pieces(d['lines'])}",
    "StockReleased": lambda d: f"{_pieces(d['lines'])} given back",
    "PurchaseOrderPlaced": _bought,
    "PurchaseOrderAcknowledged": _promised,
    "PurchaseOrderDateChanged": lambda d: f"comes on {d['after']}, not on {d['before']}",
    "PromiseDateChanged": _promise,
    "OrderConfirmed": lambda d: "the customer can rely on it" + (", some of it later" if d.get("backordered") else ""),
    "OrderHoldApplied": lambda d: f"{d['kind']} hold: {d['reason']}",
    "OrderHoldReleased": lambda d: f"{d['kind']} hold gone: {d['reason']}",
    "OrderAmended": lambda d: f"now {_pieces(d['lines'])} for {money(d['total'])}",
    "OrderCancelled": lambda d: f"{_pieces(d['lines'])} cancelled: {d['reason']}",
    "ShipmentRequested": lambda d: f"send {_pieces(d['lines'])}",
    "ShipmentPlanned": lambda d: f"{_pieces(d['lines'])} to leave together",
    "PickReleased": lambda _: "someone walks to the shelves",
    "ShipmentPacked": lambda d: f"{_pieces(d['lines'])} in boxes",
    "ShipmentDispatched": lambda d: f"{_pieces(d['lines'])} out of the door with {d['carrier'] or 'the next cart'}",
    "ShipmentCancelled": lambda d: f"called back: {d['reason']}",
    "OrderShipped": lambda d: f"{_pieces(d['lines'])} on the way" + ("; that is all" if d["complete"] else ""),
    "InvoiceIssued": lambda d: f"{d['number']}: {money(d['gross'])}, due on {d['due_on']}",
    "DeliveryConfirmed": lambda _: "the customer has it",
    "OrderDelivered": lambda d: "all of it has arrived" if d["complete"] else "a part has arrived",
    "PaymentReceived": lambda d: f"{money(d['amount'])} came in",
    "PaymentAllocated": lambda d: f"{money(d['amount'])} settle the invoice; open: {money(d['invoice_open'])}",
    "InvoicePaid": lambda d: f"nothing is open of {money(d['gross'])}",
    "OrderClosed": lambda d: f"{d['number']}: nobody owes anybody anything",
    "OrderMarginComputed": _margin,
    "CaseOpened": lambda d: f"{d['number']}: {d['title']}",
    "ComplaintFiled": lambda d: f"{d['number']}, {d['severity']}",
    "NonconformanceRaised": lambda d: f"{d['number']}: {d['title']}",
    "LotQuarantined": lambda d: f"lot {d['lot_number']}: {_pieces([d])} set aside",
}
