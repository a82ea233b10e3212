"""Insight: hears what order, inventory and finance say, and tells where it does not fit together."""
