"""Say that a corrective action has worked."""

from __future__ import annotations

from contracts.ids import CapaId
from contracts.quality import CapaVerifiedEffective
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import asking, changed_capa, today


class VerifyCapa(Command):
    """The window is over and it did not happen again. Who asks is the verifier, and not the owner."""

    capa_id: CapaId


async def verify_capa(command: VerifyCapa, tx: Transaction) -> CapaVerifiedEffective:
    async with changed_capa(command.capa_id, tx, command.expected_version) as capa:
        return capa.verify_effective(asking(), today=today())
