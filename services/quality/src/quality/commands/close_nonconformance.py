"""Close a nonconformance."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.ids import NonconformanceId
from contracts.quality import NonconformanceClosed
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import changed_nonconformance


class CloseNonconformance(Command):
    """Every quarantined piece has its disposition. A reason is asked for only where nothing was contained."""

    nonconformance_id: NonconformanceId
    reason: Annotated[str, Field(max_length=500)] = ""


async def close_nonconformance(command: CloseNonconformance, tx: Transaction) -> NonconformanceClosed:
    async with changed_nonconformance(command.nonconformance_id, tx, command.expected_version) as found:
        return found.close(command.reason)
