"""Who asks: the person or program behind a request, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.ids import CustomerId

ADMIN = "admin"
CUSTOMER = "customer"
STAFF = frozenset({"sales", "warehouse", "finance", "service", "quality", ADMIN, "reader"})
ROLES = STAFF | {CUSTOMER}


@dataclass(frozen=True)
class Principal:
    """A verified caller. `customer_id` is there for customers, who see their own rows only."""

    actor: str
    roles: frozenset[str]
    customer_id: CustomerId | None = None

    @property
    def is_customer(self) -> bool:
        return CUSTOMER in self.roles

    def may(self, named: frozenset[str]) -> bool:
        """Whether one of these roles is theirs; a customer is never more than that, whatever else the token says."""
        if self.is_customer:
            return CUSTOMER in named
        return ADMIN in self.roles or not named.isdisjoint(self.roles)


def own_rows(principal: Principal) -> CustomerId | None:
    """The customer to whose rows a query is limited, or None for staff, who see all of them."""
    if not principal.is_customer:
        return None
    if principal.customer_id is None:
        raise ValueError("a customer without customer_id cannot be told from the others")
    return principal.customer_id
