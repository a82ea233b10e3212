"""What the customer service tells: who our customers are. Addresses and names of persons stay inside it."""

from datetime import datetime
from typing import Literal

from contracts.event import Event
from contracts.ids import ContactId, CustomerId, InteractionId

CustomerKind = Literal["organisation", "person"]


class CustomerRegistered(Event):
    """We know this customer from now on."""

    customer_id: CustomerId
    number: str
    kind: CustomerKind
    name: str
    country: str
    currency: str
    parent_id: CustomerId | None = None
    external_reference: str | None = None


class CustomerProfileChanged(Event):
    """What we call the customer or where it is has changed; the fields hold the new state."""

    customer_id: CustomerId
    kind: CustomerKind
    name: str
    country: str
    currency: str
    parent_id: CustomerId | None = None


class ContactAdded(Event):
    """The customer named someone to talk to; who that is stays in the customer service."""

    customer_id: CustomerId
    contact_id: ContactId
    role: str


class CustomersMerged(Event):
    """Two records were one customer; what names `customer_id` now means `survivor_id`."""

    customer_id: CustomerId
    survivor_id: CustomerId


class InteractionLogged(Event):
    """Someone talked with the customer; what was said stays in the customer service."""

    customer_id: CustomerId
    interaction_id: InteractionId
    channel: str
    happened_at: datetime
