"""What can be read of the warehouse, from SQL straight into answers."""

from fastapi import APIRouter

from inventory.queries import items, orders, purchases, shipments, stock

router = APIRouter()
for each in (items, stock, shipments, purchases, orders):
    router.include_router(each.router)
