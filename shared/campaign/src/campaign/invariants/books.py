"""I3: the books balance, and agree with the documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from campaign.invariants.facts import Facts
from campaign.invariants.findings import Violation


async def i3_books_balance(facts: Facts) -> list[Violation]:
    """Each entry balances; receivables = invoices - allocations - credits; what is booked once has one entry."""
    found = [
        Violation("I3", f"{row['what']}: {row['one']} and {row['other']}", {"about": row["about"]})
        for statement in (_ENTRIES, _INVOICES, _PAYMENTS, _CLAIMS)
        for row in await facts.rows("finance", statement)
    ]
    return found + list(await _booked_once(facts))


async def _booked_once(facts: Facts) -> Iterable[Violation]:
    """Each event that moves money or goods has one entry; one that moves nothing has none."""
    due = {(row["cause"], row["id"]) for row in await facts.rows("finance", _OWN_DUE)}
    due |= {(row["cause"], row["id"]) for row in await facts.rows("inventory", _GOODS_DUE)}
    booked = Counter({(row["cause"], row["id"]): row["entries"] for row in await facts.rows("finance", _BOOKED)})
    wrong = [key for key in due | booked.keys() if booked[key] != (key in due) and key[1] not in facts.held_up]
    return (
        Violation("I3", f"{cause} has {booked[cause, about]} journal entries", {"about": about})
        for cause, about in sorted(wrong)
    )


_ENTRIES = """
SELECT 'a journal entry does not balance' AS what, journal_entry_id::text AS about,
       sum(amount) FILTER (WHERE side = 'debit')::text AS one, sum(amount) FILTER (WHERE side = 'credit')::text AS other
  FROM journal_entries LEFT JOIN postings USING (journal_entry_id) GROUP BY journal_entry_id, currency
HAVING coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0) <> coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0)
    OR sum(amount) IS NULL
"""

_INVOICES = """
WITH settled AS (
  SELECT (a->>'invoice_id')::uuid AS invoice_id, sum((a->'amount'->>'amount')::numeric) AS amount
    FROM payments, jsonb_array_elements(allocations) AS a GROUP BY 1
), credited AS (
  SELECT invoice_id, sum((l->'net'->>'amount')::numeric + (l->'tax'->>'amount')::numeric) AS amount
    FROM credit_notes, jsonb_array_elements(lines) AS l GROUP BY invoice_id
)
SELECT 'an invoice is settled by another sum than payments say' AS what, invoice_id::text AS about,
       coalesce(i.settled, 0)::text AS one, coalesce(s.amount, 0)::text AS other
  FROM invoices i FULL JOIN settled s USING (invoice_id) WHERE coalesce(i.settled, 0) <> coalesce(s.amount, 0)
UNION ALL
SELECT 'an invoice is credited by another sum than its credit notes', invoice_id::text, coalesce(i.credited, 0)::text,
       coalesce(c.amount, 0)::text
  FROM invoices i FULL JOIN credited c USING (invoice_id) WHERE coalesce(i.credited, 0) <> coalesce(c.amount, 0)
UNION ALL
SELECT 'what is open on an invoice is not what is left', invoice_id::text, open::text,
       (gross - credited - settled - waived)::text
  FROM invoices WHERE open <> gross - credited - settled - waived OR open < 0
"""

_PAYMENTS = """
WITH sent_back AS (SELECT payment_id, sum(amount) AS amount FROM refunds GROUP BY payment_id)
SELECT 'a payment was refunded by another sum than its refunds' AS what, payment_id::text AS about,
       refunded::text AS one, coalesce(s.amount, 0)::text AS other
  FROM payments p LEFT JOIN sent_back s USING (payment_id) WHERE refunded <> coalesce(s.amount, 0)
UNION ALL
SELECT 'a payment is not all somewhere', payment_id::text, p.amount::text,
       (unallocated + refunded + allocated)::text
  FROM payments p, LATERAL (SELECT coalesce(sum((a->'amount'->>'amount')::numeric), 0) AS allocated
                              FROM jsonb_array_elements(allocations) AS a) AS a
 WHERE p.amount <> unallocated + refunded + allocated
"""

_CLAIMS = """
WITH sums AS (
  SELECT account, currency, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) AS balance
    FROM postings GROUP BY account, currency
), claims AS (
  SELECT 'the ledger does not balance' AS what, currency AS about, balance AS one, 0 AS other FROM sums
  UNION ALL SELECT 'the receivable account is not what is open on invoices', currency, balance, 0 FROM sums
   WHERE account = 'receivable'
  UNION ALL SELECT 'the receivable account is not what is open on invoices', currency, 0, open FROM invoices
  UNION ALL SELECT 'the advances account is not what is unallocated', currency, -balance, 0 FROM sums
   WHERE account = 'customer_advances'
  UNION ALL SELECT 'the advances account is not what is unallocated', currency, 0, unallocated FROM payments
  UNION ALL SELECT 'a customer owes another sum than is open on its invoices', customer_id::text, receivables, 0
    FROM credit_accounts
  UNION ALL SELECT 'a customer owes another sum than is open on its invoices', customer_id::text, 0, open FROM invoices
)
SELECT what, about, sum(one)::text AS one, sum(other)::text AS other
  FROM claims GROUP BY what, about HAVING sum(one) <> sum(other)
"""

_OWN_DUE = """
WITH told AS (
  SELECT type, subject, convert_from(value, 'UTF8')::jsonb AS data FROM outbox
   WHERE type IN ('orderloop.finance.InvoiceIssued.v1', 'orderloop.finance.CreditNoteIssued.v1',
                  'orderloop.finance.PaymentReceived.v1', 'orderloop.finance.RefundIssued.v1')
)
SELECT type AS cause, subject::text AS id FROM told
 WHERE (coalesce(data->'gross', data->'amount')->>'amount')::numeric <> 0
"""

# A subject has many adjustments: their entries name the event itself.
_GOODS_DUE = """
WITH told AS (
  SELECT type, subject, event_id, convert_from(value, 'UTF8')::jsonb AS data FROM outbox
   WHERE type IN ('orderloop.inventory.ShipmentDispatched.v1', 'orderloop.inventory.GoodsReceived.v1',
                  'orderloop.inventory.StockAdjusted.v1')
)
SELECT type AS cause, subject::text AS id FROM told
 WHERE EXISTS (SELECT FROM jsonb_array_elements(data->'lines') AS l WHERE (l->'cost'->>'amount')::numeric <> 0)
UNION ALL
SELECT type, event_id::text FROM told WHERE (data->'cost'->>'amount')::numeric <> 0
"""
_BOOKED = """
SELECT cause, CASE cause WHEN 'orderloop.inventory.StockAdjusted.v1' THEN cause_id ELSE subject END::text AS id,
       count(*) AS entries
  FROM journal_entries
 WHERE cause IN ('orderloop.finance.InvoiceIssued.v1', 'orderloop.finance.CreditNoteIssued.v1',
                 'orderloop.finance.PaymentReceived.v1', 'orderloop.finance.RefundIssued.v1',
                 'orderloop.inventory.ShipmentDispatched.v1', 'orderloop.inventory.GoodsReceived.v1',
                 'orderloop.inventory.StockAdjusted.v1')
 GROUP BY 1, 2
"""
