"""The order service: the promise of goods, from placed to closed."""
