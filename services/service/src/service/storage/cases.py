"""Cases: one row each, with history, findings and corrective actions as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from contracts.ids import CaseId, CustomerId
from contracts.quality import CapaOpened, NonconformanceRaised
from kit.database import Transaction
from kit.storage import Rows
from kit.timers import set_timer, stop_timer
from service.domain.case import Case, Priority, Status
from service.domain.findings import QualityNews
from service.storage.tables import case_number, cases, quality_records

CLOSE_CASE = "close_case"
"""The timer of a resolved case; it is due at `closes_at`."""

_URGENCY = {priority: rank for rank, priority in enumerate(reversed(Priority))}

_COLUMNS = (
    "number", "external_reference", "customer_id", "kind", "title", "description", "severity", "order_id", "line_id",
    "item_id", "lot_ids", "serial", "nothing_named_because", "assignee", "waiting_reason", "resolution", "opened_at",
    "resolved_at", "closes_at", "reopen_until", "closed_at", "history", "findings", "actions",
)  # fmt: skip


class Cases:
    """The cases of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, cases, cases.c.case_id, "case")
        self._read: dict[CaseId, RowMapping] = {}

    async def get(self, case_id: CaseId, expected_version: int | None = None) -> Case:
        """Raises NotFound, VersionMismatch."""
        row = await self.rows.load(case_id, expected_version)
        self._read[case_id] = row
        return case_of(row)

    async def add(self, case: Case) -> None:
        case.version = await self.rows.add(case.case_id, _values(case))

    async def save(self, case: Case) -> None:
        """Write a case back that was read here; what left no trace in its history has not changed it."""
        before = self._read[case.case_id]
        if len(case.history) == len(before["history"]):
            return
        case.version = await self.rows.save(case.case_id, case.version, _values(case))
        await self._keep_timer(case, before)

    async def next_number(self) -> str:
        return f"CS-{await self.tx.scalar(case_number.next_value()):07d}"

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names a merged customer now names the survivor."""
        values = {"customer_id": survivor_id, "version": cases.c.version + 1}
        await self.tx.execute(update(cases).where(cases.c.customer_id == merged_id).values(values))

    async def of_news(self, news: QualityNews) -> CaseId | None:
        """The case that quality's news are about; None when quality has found it without one.

        The first news of a nonconformance or an action name the case, and come first: later ones name the record only.
        """
        if isinstance(news, NonconformanceRaised | CapaOpened):
            if news.case_id is not None:
                known = {"record_id": news.subject, "case_id": news.case_id}
                await self.tx.execute(insert(quality_records).values(known).on_conflict_do_nothing())
            return news.case_id
        found = select(quality_records.c.case_id).where(quality_records.c.record_id == news.subject)
        return await self.tx.scalar(found)

    async def _keep_timer(self, case: Case, before: RowMapping) -> None:
        if case.status is Status.RESOLVED and case.closes_at is not None:
            await set_timer(self.tx, CLOSE_CASE, case.case_id, case.closes_at)
        elif before["status"] == Status.RESOLVED:
            await stop_timer(self.tx, CLOSE_CASE, case.case_id)


def case_of(row: RowMapping) -> Case:
    return Case(
        case_id=row["case_id"],
        version=row["version"],
        status=Status(row["status"]),
        priority=Priority(row["priority"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(case: Case) -> Mapping[str, Any]:  # Any: column values
    return {
        "status": case.status.value,
        "priority": case.priority.value,
        "urgency": _URGENCY[case.priority],
        **{name: getattr(case, name) for name in _COLUMNS},
    }
