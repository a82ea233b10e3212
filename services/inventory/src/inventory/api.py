"""The commands of the inventory service over HTTP, and who may."""

from inventory.commands.acknowledge_purchase_order import acknowledge_purchase_order
from inventory.commands.adjust_stock import adjust_stock
from inventory.commands.cancel_purchase_order import answer_cancellation, cancel_purchase_order
from inventory.commands.deliver_shipment import deliver_shipment
from inventory.commands.dispatch_shipment import dispatch_shipment
from inventory.commands.dispose_lot import release_lot, scrap_lot
from inventory.commands.open_warehouse import open_warehouse
from inventory.commands.pack_shipment import pack_shipment
from inventory.commands.pick_shipment import pick_shipment
from inventory.commands.place_purchase_order import place_purchase_order
from inventory.commands.quarantine_lot import quarantine_lot
from inventory.commands.receive_goods import receive_goods
from inventory.commands.register_item import register_item
from inventory.commands.set_supplier import set_supplier
from inventory.commands.transfer_stock import transfer_stock
from kit.routing import Commands

commands = Commands("inventory")
commands.add("POST /items", register_item, by=("warehouse", "sales"), status=201)
commands.add("PATCH /items/{item_id}", set_supplier, by=("warehouse",), if_match="required")
commands.add("POST /warehouses", open_warehouse, by=("warehouse",), status=201)
commands.add("POST /goods-receipts", receive_goods, by=("warehouse",), status=201)
commands.add("POST /stock/transfers", transfer_stock, by=("warehouse",))
commands.add("POST /lots/{lot_id}/adjust", adjust_stock, by=("warehouse",))
commands.add("POST /lots/{lot_id}/quarantine", quarantine_lot, by=("warehouse", "quality"))
commands.add("POST /lots/{lot_id}/release", release_lot, by=("warehouse", "quality"))
commands.add("POST /lots/{lot_id}/scrap", scrap_lot, by=("warehouse", "quality"))
commands.add("POST /purchase-orders", place_purchase_order, by=("warehouse",), status=201)
commands.add("POST /purchase-orders/{purchase_order_id}/acknowledge", acknowledge_purchase_order, by=("warehouse",))
commands.add("POST /purchase-orders/{purchase_order_id}/cancel", cancel_purchase_order, by=("warehouse",))
commands.add("POST /purchase-orders/{purchase_order_id}/cancellation-answer", answer_cancellation, by=("warehouse",))
commands.add("POST /shipments/{shipment_id}/pick", pick_shipment, by=("warehouse",))
commands.add("POST /shipments/{shipment_id}/pack", pack_shipment, by=("warehouse",))
commands.add("POST /shipments/{shipment_id}/dispatch", dispatch_shipment, by=("warehouse",))
commands.add("POST /shipments/{shipment_id}/deliver", deliver_shipment, by=("warehouse",))
