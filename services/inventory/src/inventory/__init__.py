"""Inventory: items, stock, purchases and shipments, and what each order may have of them."""
