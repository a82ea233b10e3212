"""Caring: complaints, what is wrong with the goods, what becomes of them, and that it does not happen again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from contracts.quality import NonconformanceRaised
from orderloop.driving.company import Company, until_true, when_known
from orderloop.driving.events import Seen
from orderloop.driving.words import pieces
from orderloop.http import Json


class Caring(Company):
    """What the people of service and quality do."""

    async def complain(self, customer_id: str, title: str, order_id: str, line_id: str, **more: object) -> str:
        """A complaint about goods that were shipped, once service has heard that they were; returns the case."""
        body = {"customer_id": customer_id, "kind": "complaint", "title": title, "order_id": order_id} | more
        body["line_id"] = line_id
        answer = await when_known(
            lambda: self.people.service.post("service", "/cases", body), "nothing-shipped-on-order-line"
        )
        return str(answer.body["case_id"])

    async def assign_case(self, case_id: str, assignee: str = "sam") -> None:
        await self.people.service.post("service", f"/cases/{case_id}/assign", {"assignee": assignee})

    async def resolve_case(self, case_id: str, resolution: str) -> None:
        await self.people.service.post("service", f"/cases/{case_id}/resolve", {"resolution": resolution})

    async def reopen_case(self, case_id: str, reason: str) -> None:
        await self.people.service.post("service", f"/cases/{case_id}/reopen", {"reason": reason})

    async def close_case(self, case_id: str) -> None:
        """The customer agrees that it is done."""
        await self.people.service.post("service", f"/cases/{case_id}/close", {"customer_agrees": True})

    async def nonconformance_of(self, case_id: str) -> Seen:
        """The nonconformance that a complaint raised."""
        return await self.stream.until(NonconformanceRaised, case_id=case_id)

    async def quarantined(self, nonconformance_id: str) -> list[Json]:
        """The contained lots, once inventory has said of each how much is quarantined."""

        async def ask() -> list[Json] | None:
            answer = await self.people.quality.get("quality", f"/nonconformances/{nonconformance_id}")
            lots = cast("list[dict[str, Any]]", answer.body["contained"])
            return lots if lots and all(lot["quarantined"] is not None for lot in lots) else None

        return await until_true(ask, f"the lots of nonconformance {nonconformance_id} are quarantined")

    async def dispose(
        self, nonconformance_id: str, lot_id: str, quantity: Decimal, disposition: str, reason: str
    ) -> None:
        """Use as it is, rework, repair, return to the supplier, or scrap so many of a quarantined lot."""
        body = {"lot_id": lot_id, "quantity": pieces(quantity), "disposition": disposition, "reason": reason}
        path = f"/nonconformances/{nonconformance_id}/dispose"
        await when_known(lambda: self.people.quality.post("quality", path, body), "quarantine-not-confirmed")

    async def close_nonconformance(self, nonconformance_id: str, reason: str = "") -> None:
        await self.people.quality.post("quality", f"/nonconformances/{nonconformance_id}/close", {"reason": reason})

    async def open_capa(self, nonconformance_id: str, title: str, owner: str = "olga") -> str:
        """Somebody owns finding out why; returns the corrective action's id."""
        body = {"nonconformance_id": nonconformance_id, "title": title, "owner": owner}
        return str((await self.people.quality.post("quality", "/capas", body)).body["capa_id"])

    async def implement_capa(
        self,
        capa_id: str,
        root_cause: str,
        action: str,
        metric: str = "complaints about the item: none",
        window_days: int = 30,
    ) -> None:
        """The cause is found, the plan is fixed, and then it is carried out."""
        plan = {"action": action, "metric": metric, "window_days": window_days}
        await self.people.quality.post("quality", f"/capas/{capa_id}/root-cause", {"root_cause": root_cause})
        await self.people.quality.post("quality", f"/capas/{capa_id}/plan", plan)
        await self.people.quality.post("quality", f"/capas/{capa_id}/implement", {})

    async def verify_capa(self, capa_id: str) -> None:
        """It has worked; said by somebody else than the owner, after the window of observation."""
        await self.people.quality.post("quality", f"/capas/{capa_id}/verify")
