"""What can be read of customers, from SQL straight into answers."""

from fastapi import APIRouter

from customer.queries import customers, history

router = APIRouter()
router.include_router(customers.router)
router.include_router(history.router)
