"""Ids: one `NewType` a noun, the same name in every service.

An id is a UUIDv7 (RFC 9562): it sorts by the time it was made, so indexes stay dense.
"""

from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

CustomerId = NewType("CustomerId", UUID)
ContactId = NewType("ContactId", UUID)
InteractionId = NewType("InteractionId", UUID)
LeadId = NewType("LeadId", UUID)
OpportunityId = NewType("OpportunityId", UUID)
QuoteId = NewType("QuoteId", UUID)
PriceListId = NewType("PriceListId", UUID)
OrderId = NewType("OrderId", UUID)
LineId = NewType("LineId", UUID)
HoldId = NewType("HoldId", UUID)
ReleaseId = NewType("ReleaseId", UUID)
ItemId = NewType("ItemId", UUID)
WarehouseId = NewType("WarehouseId", UUID)
LotId = NewType("LotId", UUID)
ShipmentId = NewType("ShipmentId", UUID)
PurchaseOrderId = NewType("PurchaseOrderId", UUID)
GoodsReceiptId = NewType("GoodsReceiptId", UUID)
InvoiceId = NewType("InvoiceId", UUID)
CreditNoteId = NewType("CreditNoteId", UUID)
PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
JournalEntryId = NewType("JournalEntryId", UUID)
CaseId = NewType("CaseId", UUID)
NonconformanceId = NewType("NonconformanceId", UUID)
CapaId = NewType("CapaId", UUID)
DiscrepancyId = NewType("DiscrepancyId", UUID)


def new_id() -> UUID:
    """Make a UUIDv7 (RFC 9562, section 5.7)."""
    return uuid7()
