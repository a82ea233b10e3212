"""What the finance service keeps of invoices and payments, from its own events."""

from __future__ import annotations

from campaign.invariants.recomputing import latest, own, told
from campaign.invariants.states import begun, shown

_MONEY = told("finance.InvoiceIssued", "finance.InvoicePaid", "finance.PaymentReceived", "finance.PaymentAllocated",
              "finance.CreditNoteIssued", "finance.RefundIssued") + """
, parts AS (
  SELECT event, data, (coalesce(data->'gross', data->'amount')->>'amount')::numeric AS amount FROM told
), invoiced AS (
  SELECT data->>'invoice_id' AS key, sum(amount) FILTER (WHERE event = 'InvoiceIssued') AS gross,
         coalesce(sum(amount) FILTER (WHERE event = 'PaymentAllocated'), 0) AS allocated,
         coalesce(sum(amount) FILTER (WHERE event = 'CreditNoteIssued'), 0) AS credited,
         bool_or(event = 'InvoicePaid') AS paid
    FROM parts WHERE data ? 'invoice_id' GROUP BY 1
), credited AS (
  SELECT DISTINCT data->>'payment_id' AS key FROM parts JOIN invoiced ON key = data->>'invoice_id'
   WHERE event = 'PaymentAllocated' AND credited > 0
), received AS (
  SELECT data->>'payment_id' AS key, sum(amount) FILTER (WHERE event = 'PaymentReceived') AS amount,
         coalesce(sum(amount) FILTER (WHERE event = 'PaymentAllocated'), 0) AS allocated,
         coalesce(sum(amount) FILTER (WHERE event = 'RefundIssued'), 0) AS refunded
    FROM parts WHERE data ? 'payment_id' GROUP BY 1
) """  # fmt: skip

# Up to five cents that rounding left are waived and told as paid. What a credit note frees of an allocation is not
# told by payment: such payments are compared in what was refunded only.
_OPEN = "CASE WHEN paid AND gross - allocated - credited <= 0.05 THEN 0 ELSE gross - allocated - credited END"
CASH = (
    begun("finance", "invoices", "invoice_id", "InvoiceIssued"),
    begun("finance", "payments", "payment_id", "PaymentReceived"),
    begun("finance", "credit_notes", "credit_note_id", "CreditNoteIssued"),
    begun("finance", "refunds", "refund_id", "RefundIssued"),
    own(
        "what is open on an invoice", "finance",
        f"SELECT invoice_id::text AS key, {shown('open')} || ' ' || status AS value FROM invoices",
        _MONEY + f"SELECT key, {shown(f'greatest({_OPEN}, 0)')} || CASE WHEN paid THEN ' paid'"
        " WHEN allocated > 0 THEN ' partly_paid' ELSE ' issued' END AS value FROM invoiced",
    ),
    own(
        "what is refunded and left of a payment", "finance",
        _MONEY + f"SELECT payment_id::text AS key, {shown('refunded')} || CASE WHEN c.key IS NULL"
        " THEN ' ' || trim_scale(unallocated) ELSE '' END AS value"
        " FROM payments LEFT JOIN credited AS c ON c.key = payment_id::text",
        _MONEY + f"SELECT r.key, {shown('refunded')} || CASE WHEN c.key IS NULL"
        " THEN ' ' || trim_scale(amount - allocated - refunded) ELSE '' END AS value"
        " FROM received AS r LEFT JOIN credited AS c USING (key)",
    ),
    own(
        "the credit of a customer", "finance",
        "SELECT customer_id::text AS key, state AS value FROM credit_accounts WHERE state <> 'ok'"
        " OR customer_id IN (SELECT subject FROM outbox WHERE type = 'orderloop.finance.CreditStateChanged.v1')",
        told("finance.CreditStateChanged") + latest("data->>'state'"),
    ),
)  # fmt: skip
