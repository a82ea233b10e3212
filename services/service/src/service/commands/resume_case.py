"""Go on with a case that has waited."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import CaseId
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case


class ResumeCase(Command):
    """What the case waited for has come."""

    case_id: CaseId
    reason: Annotated[str, Field(max_length=500)] = ""


async def resume_case(command: ResumeCase, tx: Transaction) -> None:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        case.resume(command.reason, by=asking(), now=datetime.now(UTC))
