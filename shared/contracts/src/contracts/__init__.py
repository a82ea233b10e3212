"""The published language of Orderloop. Services meet only here."""

from contracts import customer, finance, inventory, order, quality, sales, service

SERVICES = ("customer", "sales", "order", "inventory", "finance", "service", "quality")
"""The seven services, in the order of the loop."""

__all__ = ["SERVICES", "customer", "finance", "inventory", "order", "quality", "sales", "service"]
