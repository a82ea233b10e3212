"""The published language of Orderloop. Services meet only here."""

from contracts import customer, finance, insight, inventory, order, quality, sales, service

SERVICES = ("customer", "sales", "order", "inventory", "finance", "service", "quality", "insight")
"""The seven services of the business, in the order of the loop, and insight, which watches them."""

__all__ = ["SERVICES", "customer", "finance", "insight", "inventory", "order", "quality", "sales", "service"]
