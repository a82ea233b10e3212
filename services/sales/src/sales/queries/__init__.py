"""What can be read of sales, from SQL straight into answers."""

from fastapi import APIRouter

from kit.problems import RESPONSES
from sales.queries import catalogue, customers, leads, opportunities, pipeline, price_lists, quotes

router = APIRouter(responses=RESPONSES)
for each in (leads, opportunities, pipeline, quotes, price_lists, catalogue, customers):
    router.include_router(each.router)
