"""Leave the next move to somebody else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.ids import CaseId
from contracts.service import CaseWaiting
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case


class LetCaseWait(Command):
    """The case waits for the customer or for a third party, for this reason."""

    case_id: CaseId
    waiting_on: Literal["customer", "third_party"]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


async def let_case_wait(command: LetCaseWait, tx: Transaction) -> CaseWaiting:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        return case.wait(command.waiting_on, command.reason, by=asking(), now=datetime.now(UTC))
