"""Fix what will be done, and how its effect is seen."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.ids import CapaId
from contracts.quality import CapaPlanned
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import changed_capa, today


class PlanCapa(Command):
    """Action, metric and window are fixed before the action is done; until then another plan may replace this one."""

    capa_id: CapaId
    action: Annotated[str, Field(min_length=1, max_length=2000)]
    metric: Annotated[str, Field(min_length=1, max_length=500, examples=["complaints about the item: none"])]
    window_days: Annotated[int, Field(ge=1, le=3650)]
    planned_on: date | None = None


async def plan_capa(command: PlanCapa, tx: Transaction) -> CapaPlanned:
    async with changed_capa(command.capa_id, tx, command.expected_version) as capa:
        return capa.plan(
            command.action,
            metric=command.metric,
            window_days=command.window_days,
            planned_on=command.planned_on or today(),
        )
