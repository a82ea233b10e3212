"""What service and quality tell, for the follow-up."""

from __future__ import annotations

from uuid import UUID

from contracts import quality, service
from contracts.event import Event
from sales.domain.happening import Happening, Kind, the_known


def complaint_happening(event: Event) -> Happening | None:
    """A complaint about the order. A case that is no complaint has no parent here, and is not told."""
    match event:
        case service.ComplaintFiled():
            text = f"{event.severity} complaint {event.number}: {event.title}"
            return _complaint(event, text, "filed", the_known(event.order_id))
        case service.CaseResolved():
            return _complaint(event, f"resolved: {event.resolution}", "resolved")
        case service.CaseReopened():
            return _complaint(event, f"reopened: {event.reason}", "reopened")
        case service.CaseClosed():
            return _complaint(event, "complaint closed", "closed")
        case _:
            return None


def nonconformance_happening(event: Event) -> Happening | None:
    """What was found to be wrong with the goods, and what becomes of it."""
    match event:
        case quality.NonconformanceRaised():
            text = f"{event.severity} nonconformance {event.number}: {event.title}"
            return _nonconformance(event, text, "raised", the_known(event.order_id, event.case_id))
        case quality.NonconformanceContained():
            return _nonconformance(event, f"lots in quarantine: {event.reason}", "contained")
        case quality.NonconformanceDispositioned():
            what = event.disposition.replace("_", " ")
            return _nonconformance(event, f"{event.quantity}: {what}, {event.reason}", "dispositioned")
        case quality.NonconformanceClosed():
            return _nonconformance(event, "nonconformance closed", "closed")
        case _:
            return None


def capa_happening(event: Event) -> Happening | None:
    """What is done so that it does not happen again."""
    match event:
        case quality.CapaOpened():
            return _capa(event, f"CAPA {event.number} opened: {event.title}", "open", event.order_id, event.case_id)
        case quality.CapaRootCauseIdentified():
            return _capa(event, f"root cause: {event.root_cause}", "root cause identified")
        case quality.CapaPlanned():
            return _capa(event, f"planned: {event.action}", "planned")
        case quality.CapaImplemented():
            return _capa(event, f"implemented, observed until {event.observe_until}", "implemented")
        case quality.CapaVerifiedEffective():
            return _capa(event, "verified: it works", "effective", event.case_id)
        case quality.CapaFoundIneffective():
            return _capa(event, f"did not work: {event.reason}", "open")
        case _:
            return None


_OfCase = service.ComplaintFiled | service.CaseResolved | service.CaseReopened | service.CaseClosed
_OfNonconformance = (
    quality.NonconformanceRaised
    | quality.NonconformanceContained
    | quality.NonconformanceDispositioned
    | quality.NonconformanceClosed
)
_OfCapa = (
    quality.CapaOpened
    | quality.CapaRootCauseIdentified
    | quality.CapaPlanned
    | quality.CapaImplemented
    | quality.CapaVerifiedEffective
    | quality.CapaFoundIneffective
)


def _complaint(event: _OfCase, text: str, state: str, parents: tuple[UUID, ...] = ()) -> Happening:
    return Happening(kind=Kind.COMPLAINT, subject=event.case_id, parents=parents, state=state, text=text)


def _nonconformance(event: _OfNonconformance, text: str, state: str, parents: tuple[UUID, ...] = ()) -> Happening:
    return Happening(kind=Kind.NONCONFORMANCE, subject=event.nonconformance_id, parents=parents, state=state, text=text)


def _capa(event: _OfCapa, text: str, state: str, *others: UUID | None) -> Happening:
    parents = the_known(event.nonconformance_id, *others)
    return Happening(kind=Kind.CAPA, subject=event.capa_id, parents=parents, state=state, text=text)
