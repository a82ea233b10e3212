"""The commands of the order service over HTTP, and who may."""

from kit.routing import Commands
from order.commands.amend_order import amend_order
from order.commands.cancel_order import cancel_order
from order.commands.hold_order import hold_order, release_hold
from order.commands.place_order import place_order

commands = Commands("orders")
commands.add("POST /orders", place_order, by=("sales", "service"), status=201)
commands.add("POST /orders/{order_id}/amend", amend_order, by=("sales", "service"), if_match="required")
commands.add("POST /orders/{order_id}/cancel", cancel_order, by=("sales", "service", "customer"))
commands.add("POST /orders/{order_id}/holds", hold_order, by=("sales", "finance", "quality", "service"))
commands.add("POST /orders/{order_id}/holds/{hold_id}/release", release_hold, by=("sales", "finance", "quality"))
