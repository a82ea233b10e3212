"""The pipeline: what is still to be won, by stage."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import RowMapping

from contracts.sales import Stage
from contracts.values import Money
from kit.auth import reads
from kit.principal import Principal
from kit.routing import Reading
from sales.domain.opportunity import PROBABILITY_PERCENT, Status
from sales.storage.copies import goes_by
from sales.storage.tables import opportunities

Reader = Annotated[Principal, reads()]
router = APIRouter(tags=["opportunities"])


class StageAnswer(BaseModel):
    """Open opportunities of one stage and currency. `weighted` is the amount times the stage's probability."""

    stage: Stage
    probability_percent: Decimal
    count: int
    amount: Money
    weighted: Money


class TotalAnswer(BaseModel):
    """All open opportunities of one currency."""

    count: int
    amount: Money
    weighted: Money


class PipelineAnswer(BaseModel):
    """By stage and currency in the order of the stages, and by currency."""

    stages: list[StageAnswer]
    totals: list[TotalAnswer]


@router.get("/pipeline")
async def pipeline_summary(
    tx: Reading,
    _: Reader,
    owner: str | None = None,
    customer_id: UUID | None = None,
    currency: str | None = None,
) -> PipelineAnswer:
    """Count, amount and weighted amount of the open opportunities."""
    wanted: dict[ColumnElement[object], object | None] = {
        opportunities.c.status: Status.OPEN,
        opportunities.c.owner: owner,
        opportunities.c.customer_id: None if customer_id is None else goes_by(customer_id),
        opportunities.c.currency: currency,
    }
    by = (opportunities.c.stage, opportunities.c.currency)
    sums = select(*by, func.count().label("number"), func.sum(opportunities.c.amount).label("amount"))
    filtered = sums.where(*(column == value for column, value in wanted.items() if value is not None))
    stages = [_stage(row) for row in (await tx.execute(filtered.group_by(*by))).mappings()]
    order = list(PROBABILITY_PERCENT)
    stages.sort(key=lambda each: (order.index(each.stage), each.amount.currency))
    return PipelineAnswer(stages=stages, totals=_totals(stages))


def _stage(row: RowMapping) -> StageAnswer:
    amount = Money(amount=row["amount"], currency=row["currency"])
    probability = PROBABILITY_PERCENT[row["stage"]]
    return StageAnswer(
        stage=row["stage"],
        probability_percent=probability,
        count=row["number"],
        amount=amount,
        weighted=amount.percent(probability),
    )


def _totals(stages: list[StageAnswer]) -> list[TotalAnswer]:
    currencies = sorted({each.amount.currency for each in stages})
    return [_total([each for each in stages if each.amount.currency == currency]) for currency in currencies]


def _total(stages: list[StageAnswer]) -> TotalAnswer:
    currency = stages[0].amount.currency
    return TotalAnswer(
        count=sum(each.count for each in stages),
        amount=Money.total((each.amount for each in stages), currency),
        weighted=Money.total((each.weighted for each in stages), currency),
    )
