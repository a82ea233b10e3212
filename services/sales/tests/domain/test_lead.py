"""A lead becomes at most one opportunity, or nothing."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from contracts.errors import OrderloopError
from contracts.ids import CustomerId, new_id
from contracts.sales import LeadCaptured, LeadDisqualified
from contracts.values import Money
from sales.domain.lead import Lead, LeadAlreadyQualified, LeadHasNoCustomer, LeadIsDisqualified, Status
from sales.domain.opportunity import AmountNegative, Opportunity
from sales.domain.reason import ReasonMissing


def a_customer_id() -> CustomerId:
    return CustomerId(new_id())


def a_lead() -> Lead:
    return Lead(source="fair", name="Wants racks", captured_on=date(2026, 3, 2), external_reference="F-7")


def an_opportunity(customer_id: CustomerId | None = None, amount: str = "900.00") -> Opportunity:
    return Opportunity(
        name="Racks",
        owner="anna",
        amount=euros(amount),
        opened_on=date(2026, 3, 3),
        customer_id=customer_id,
    )


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def refused(error: type[OrderloopError], lead: Lead, opportunity: Opportunity) -> None:
    """Qualifying is refused with this error and changes neither."""
    before = vars(lead).copy(), vars(opportunity).copy()

    with pytest.raises(error):
        _ = lead.qualify(opportunity)

    assert (vars(lead), vars(opportunity)) == before


def test_a_captured_lead_tells_its_source_but_not_who_it_is() -> None:
    lead = a_lead()

    captured = lead.capture()

    assert captured == LeadCaptured(lead_id=lead.lead_id, source="fair", external_reference="F-7")
    assert lead.status is Status.NEW


def test_a_lead_id_is_a_uuid_of_version_seven() -> None:
    assert isinstance(a_lead().lead_id, UUID)
    assert a_lead().lead_id.version == 7


def test_a_qualified_lead_is_one_opportunity_of_one_customer() -> None:
    lead, opportunity = a_lead(), an_opportunity(a_customer_id())

    qualified, opened = lead.qualify(opportunity)

    assert (qualified.lead_id, qualified.opportunity_id) == (lead.lead_id, opportunity.opportunity_id)
    assert qualified.customer_id == opened.customer_id == opportunity.customer_id == lead.customer_id
    assert opened.opportunity_id == opportunity.opportunity_id == lead.opportunity_id
    assert (lead.status, opportunity.lead_id) == (Status.QUALIFIED, lead.lead_id)


def test_a_lead_is_not_qualified_twice() -> None:
    lead = a_lead()
    _ = lead.qualify(an_opportunity(a_customer_id()))

    refused(LeadAlreadyQualified, lead, an_opportunity(a_customer_id()))


def test_a_lead_is_not_qualified_without_a_customer() -> None:
    refused(LeadHasNoCustomer, a_lead(), an_opportunity(None))


def test_a_lead_does_not_become_an_opportunity_that_cannot_be_opened() -> None:
    refused(AmountNegative, a_lead(), an_opportunity(a_customer_id(), amount="-1.00"))


def test_a_disqualified_lead_keeps_its_reason() -> None:
    lead = a_lead()

    disqualified = lead.disqualify("  only looking ")

    assert disqualified == LeadDisqualified(lead_id=lead.lead_id, reason="only looking")
    assert (lead.status, lead.reason) == (Status.DISQUALIFIED, "only looking")


def test_a_disqualified_lead_is_not_qualified() -> None:
    lead = a_lead()
    _ = lead.disqualify("only looking")

    refused(LeadIsDisqualified, lead, an_opportunity(a_customer_id()))


def test_a_lead_is_not_disqualified_without_a_reason() -> None:
    lead = a_lead()
    before = vars(lead).copy()

    with pytest.raises(ReasonMissing):
        _ = lead.disqualify("  ")

    assert vars(lead) == before


def test_a_qualified_lead_is_not_disqualified() -> None:
    lead = a_lead()
    _ = lead.qualify(an_opportunity(a_customer_id()))
    before = vars(lead).copy()

    with pytest.raises(LeadAlreadyQualified):
        _ = lead.disqualify("too late")

    assert vars(lead) == before


def test_a_disqualified_lead_is_not_disqualified_again() -> None:
    lead = a_lead()
    _ = lead.disqualify("only looking")
    before = vars(lead).copy()

    with pytest.raises(LeadIsDisqualified):
        _ = lead.disqualify("another reason")

    assert vars(lead) == before
