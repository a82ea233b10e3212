"""What can be read of credit, invoices, cash and the books, from SQL straight into answers."""

from fastapi import APIRouter

from finance.queries import credit, invoices, ledger, margins, payments
from kit.problems import RESPONSES

router = APIRouter(tags=["finance"], responses=RESPONSES)
for part in (credit, invoices, payments, ledger, margins):
    router.include_router(part.router)
