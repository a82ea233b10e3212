"""What `orderloop audit` finds over HTTP, as violations: the services' own answers compared, beside the databases."""

from __future__ import annotations

from campaign.invariants.findings import Violation
from orderloop.audit import goods, money
from orderloop.audit.checks import complaints, opportunities, pieces_add_up, settled
from orderloop.audit.comparing import proved
from orderloop.audit.reading import read
from orderloop.http import Services


async def audited(services: Services) -> list[Violation]:
    """Each difference under the invariant that it breaks. Parked keys are left to I13. Needs services that answer."""
    facts = await read(services)
    checks = {
        "I1": [opportunities(facts)],
        "I2": [*goods.checks(facts), pieces_add_up(facts.orders), proved("the stock proves itself", facts.stock)],
        "I3": [*money.checks(facts), proved("the ledger proves itself", facts.books)],
        "I12": [complaints(facts)],
        "I14": [settled(facts), proved("no timer fails", facts.timers)],
    }
    return [
        Violation(name, f"audit: {check.name}", {"about": each.about, "one": each.left, "other": each.right})
        for name, found in checks.items()
        for check in found
        for each in check.differences
    ]
