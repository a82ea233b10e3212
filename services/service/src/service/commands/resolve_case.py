"""Say that a case is done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import CaseId
from contracts.service import CaseResolved
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case


class ResolveCase(Command):
    """The customer has seven days to object; then the case closes by itself."""

    case_id: CaseId
    resolution: Annotated[str, Field(min_length=1, max_length=4000)]


async def resolve_case(command: ResolveCase, tx: Transaction) -> CaseResolved:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        return case.resolve(command.resolution, by=asking(), now=datetime.now(UTC))
