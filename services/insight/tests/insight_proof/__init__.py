"""Clean histories of a company, as order, inventory and finance would tell them, and a watcher that hears them."""
