"""What can be read of credit, invoices, cash and the books, from SQL straight into answers."""

from fastapi import APIRouter

router = APIRouter()
