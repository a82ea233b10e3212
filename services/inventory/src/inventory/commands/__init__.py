"""What can be done with items, stock, purchases and shipments: one use case a file.

`sharing`, `supplying` and `withdrawing` are what several of them have in common.
"""
