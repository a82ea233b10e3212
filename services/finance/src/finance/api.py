"""The commands of the finance service over HTTP, and who may."""

from finance.commands.allocate_payment import allocate_payment
from finance.commands.issue_credit_note import issue_credit_note
from finance.commands.record_payment import record_payment
from finance.commands.refund_payment import refund_payment
from finance.commands.set_credit_limit import set_credit_limit
from kit.routing import Commands

commands = Commands("finance")
commands.add("PUT /credit-accounts/{customer_id}/limit", set_credit_limit, by=("finance",))
commands.add("POST /payments", record_payment, by=("finance",), status=201)
commands.add("POST /payments/{payment_id}/allocations", allocate_payment, by=("finance",))
commands.add("POST /payments/{payment_id}/refunds", refund_payment, by=("finance",))
commands.add("POST /invoices/{invoice_id}/credit-notes", issue_credit_note, by=("finance",), status=201)
