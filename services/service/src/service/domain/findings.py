"""What quality found and did about a case, as told by its events: a copy to be shown, never decided upon here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from contracts.errors import NotFound
from contracts.ids import CapaId, LotId, NonconformanceId
from contracts.quality import (
    CapaFoundIneffective,
    CapaImplemented,
    CapaOpened,
    CapaPlanned,
    CapaRootCauseIdentified,
    CapaVerifiedEffective,
    NonconformanceClosed,
    NonconformanceContained,
    NonconformanceDispositioned,
    NonconformanceRaised,
)

NonconformanceNews = NonconformanceRaised | NonconformanceContained | NonconformanceDispositioned | NonconformanceClosed
CapaNews = (
    CapaOpened | CapaRootCauseIdentified | CapaPlanned | CapaImplemented | CapaVerifiedEffective | CapaFoundIneffective
)
QualityNews = NonconformanceNews | CapaNews


class FindingNotYetKnown(NotFound):
    """The nonconformance or corrective action has not been told to this case yet; news of it wait until it has."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A nonconformance that quality raised because of the case. The state is quality's own word for it."""

    nonconformance_id: NonconformanceId
    number: str
    title: str
    severity: str
    state: str = "open"
    contained_lot_ids: tuple[LotId, ...] = ()
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CorrectiveAction:
    """What quality does so that it will not happen again. The state is quality's own word for it."""

    capa_id: CapaId
    nonconformance_id: NonconformanceId
    number: str
    title: str
    owner: str
    state: str = "open"
    root_cause: str | None = None
    action: str | None = None
    metric: str | None = None
    observe_until: date | None = None
    verifier: str | None = None


def finding_after(news: NonconformanceNews, before: Finding | None) -> Finding:
    """The finding as it stands after the news."""
    if isinstance(news, NonconformanceRaised):
        return before or Finding(
            nonconformance_id=news.nonconformance_id, number=news.number, title=news.title, severity=news.severity
        )
    if before is None:
        raise FindingNotYetKnown(f"nonconformance {news.nonconformance_id} has not been raised for this case")
    if isinstance(news, NonconformanceContained):
        lots = dict.fromkeys((*before.contained_lot_ids, *news.lot_ids))
        return replace(before, state="contained", contained_lot_ids=tuple(lots))
    if isinstance(news, NonconformanceDispositioned):
        return replace(before, state="dispositioned", decisions=(*before.decisions, _decision(news)))
    return replace(before, state="closed")


def action_after(news: CapaNews, before: CorrectiveAction | None) -> CorrectiveAction:
    """The corrective action as it stands after the news."""
    if isinstance(news, CapaOpened):
        return before or CorrectiveAction(
            capa_id=news.capa_id,
            nonconformance_id=news.nonconformance_id,
            number=news.number,
            title=news.title,
            owner=news.owner,
        )
    if before is None:
        raise FindingNotYetKnown(f"corrective action {news.capa_id} has not been opened for this case")
    match news:
        case CapaRootCauseIdentified():
            return replace(before, state="root_cause_identified", root_cause=news.root_cause)
        case CapaPlanned():
            return replace(before, state="planned", action=news.action, metric=news.metric)
        case CapaImplemented():
            return replace(before, state="implemented", observe_until=news.observe_until)
        case CapaVerifiedEffective():
            return replace(before, state="effective", verifier=news.verifier)
        case CapaFoundIneffective():
            return replace(
                before, state="open", root_cause=None, action=None, metric=None, observe_until=None, verifier=None
            )


def words_for(news: QualityNews) -> str:
    """The line that the news adds to the history of the case."""
    match news:
        case NonconformanceRaised():
            return f"Nonconformance {news.number} raised: {news.title}"
        case NonconformanceContained():
            return f"Lots contained ({len(news.lot_ids)}): {news.reason}"
        case NonconformanceDispositioned():
            return f"Decided: {_decision(news)}"
        case NonconformanceClosed():
            return "Nonconformance closed"
        case CapaOpened():
            return f"Corrective action {news.number} opened: {news.title}, owner {news.owner}"
        case CapaRootCauseIdentified():
            return f"Root cause found: {news.root_cause}"
        case CapaPlanned():
            return f"Corrective action planned: {news.action}, {news.metric} over {news.window_days} days"
        case CapaImplemented():
            return f"Corrective action done, watched until {news.observe_until}"
        case CapaVerifiedEffective():
            return f"Corrective action worked, checked by {news.verifier}"
        case CapaFoundIneffective():
            return f"Corrective action did not work: {news.reason}"


def _decision(news: NonconformanceDispositioned) -> str:
    return f"{news.quantity} of lot {news.lot_id}: {news.disposition.replace('_', ' ')}, {news.reason}"
