"""Sales: from a lead through opportunity and quote to a won order, and what became of it."""
