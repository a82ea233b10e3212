"""What was said of orders, payments and items, joined and compared."""
