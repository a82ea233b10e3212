"""Write something down about a case."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import CaseId
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case


class NoteOnCase(Command):
    """For whoever looks at the case next, also after it was settled. The customer does not see notes."""

    case_id: CaseId
    text: Annotated[str, Field(min_length=1, max_length=4000)]


async def note_on_case(command: NoteOnCase, tx: Transaction) -> None:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        case.note(command.text, by=asking(), now=datetime.now(UTC))
