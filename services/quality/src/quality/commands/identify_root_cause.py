"""Say why it happened."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.ids import CapaId
from contracts.quality import CapaRootCauseIdentified
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import changed_capa


class IdentifyRootCause(Command):
    """A better insight replaces the first one until there is a plan."""

    capa_id: CapaId
    root_cause: Annotated[str, Field(min_length=1, max_length=2000)]


async def identify_root_cause(command: IdentifyRootCause, tx: Transaction) -> CapaRootCauseIdentified:
    async with changed_capa(command.capa_id, tx, command.expected_version) as capa:
        return capa.identify_root_cause(command.root_cause)
