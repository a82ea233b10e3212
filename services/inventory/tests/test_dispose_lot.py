"""What becomes of quarantined goods: by quality's decision, and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.ids import ItemId, LotId, NonconformanceId, new_id
from contracts.inventory import AvailabilityChanged, LotReleased, StockAdjusted
from contracts.quality import Disposition, NonconformanceDispositioned
from contracts.values import Quantity
from testkit import Parked

if TYPE_CHECKING:
    from conftest import House


def a_decision(
    item_id: ItemId, lot_id: LotId, number: int, disposition: Disposition, serials: tuple[str, ...] = ()
) -> NonconformanceDispositioned:
    return NonconformanceDispositioned(
        nonconformance_id=NonconformanceId(new_id()),
        customer_id=None,
        item_id=item_id,
        lot_id=lot_id,
        quantity=Quantity.pieces(number),
        disposition=disposition,
        reason="decided",
        serials=serials,
    )


async def a_bad_lot(house: House, number: int = 5) -> tuple[ItemId, LotId]:
    item_id, _, lot_id = await house.stocked(number)
    await house.contains(lot_id, item_id=item_id)
    return item_id, lot_id


@pytest.mark.parametrize("disposition", ["use_as_is", "rework", "repair"])
async def test_good_goods_are_released_for_those_who_wait(house: House, disposition: Disposition) -> None:
    item_id, lot_id = await a_bad_lot(house)
    line = await house.asks(item_id, 2)
    decision = a_decision(item_id, lot_id, 3, disposition)

    await house.service.receives(decision, times=5)

    [released] = await house.told(LotReleased)
    assert (int(released.quantity.value), released.nonconformance_id) == (3, decision.nonconformance_id)
    assert await house.figures(line) == {"reserved": 2}
    assert await house.stock(item_id) == (5, 2, 2, 1)


@pytest.mark.parametrize("disposition", ["scrap", "return_to_supplier"])
async def test_bad_goods_are_gone(house: House, disposition: Disposition) -> None:
    item_id, lot_id = await a_bad_lot(house)
    decision = a_decision(item_id, lot_id, 3, disposition)

    await house.service.receives(decision, times=5)

    [adjusted] = await house.told(StockAdjusted)
    assert (int(adjusted.quantity.value), adjusted.nonconformance_id) == (-3, decision.nonconformance_id)
    assert await house.stock(item_id) == (2, 0, 2, 0)
    assert [int(each.available.value) for each in await house.told(AvailabilityChanged)] == [5, 0]


async def test_scrapped_serials_are_named(house: House) -> None:
    item_id = await house.item(tracked="serial")
    lot_id = await house.receives(item_id, 2, await house.warehouse(), lot_number="L", serials=["A", "B"])
    await house.contains(lot_id, item_id=item_id)

    await house.service.receives(a_decision(item_id, lot_id, 1, "scrap", ("B",)))

    assert (await house.reads(f"/lots/{lot_id}"))["serials"] == ["A"]


async def test_more_than_is_quarantined_is_refused_and_leaves_no_trace(house: House) -> None:
    item_id, lot_id = await a_bad_lot(house)
    before = await house.service.published()

    with pytest.raises(Parked, match="MoreThanQuarantined") as parked:
        await house.service.receives(a_decision(item_id, lot_id, 6, "scrap"))

    assert parked.value.kind == "refused"
    assert await house.service.published() == before
    assert await house.stock(item_id) == (5, 0, 5, 0)


async def test_a_lot_is_released_by_hand_in_part_or_as_a_whole(house: House) -> None:
    item_id, lot_id = await a_bad_lot(house)
    good = {"reason": "looked again"}

    await house.posts(f"/lots/{lot_id}/release", good | {"quantity": {"value": "2"}}, status=200, role="quality")
    assert await house.stock(item_id) == (5, 0, 3, 2)
    await house.posts(f"/lots/{lot_id}/release", good)

    assert await house.stock(item_id) == (5, 0, 0, 5)
    assert [int(event.quantity.value) for event in await house.told(LotReleased)] == [2, 3]


async def test_a_lot_is_scrapped_by_hand(house: House) -> None:
    item_id, lot_id = await a_bad_lot(house)

    await house.posts(f"/lots/{lot_id}/scrap", {"reason": "broken"})

    assert await house.stock(item_id) == (0, 0, 0, 0)
    assert (await house.reads(f"/lots/{lot_id}"))["status"] == "depleted"


@pytest.mark.parametrize("verb", ["release", "scrap"])
async def test_a_refused_disposition_changes_nothing(house: House, verb: str) -> None:
    item_id, _, lot_id = await house.stocked(5)
    body, path = {"reason": "no"}, f"/lots/{lot_id}/{verb}"

    assert await house.refused(path, body) == (422, "quantity-not-positive")
    assert await house.refused(path, body | {"quantity": {"value": "1"}}) == (409, "more-than-quarantined")
    assert await house.refused(path, body, if_match=9) == (412, "version-mismatch")
    assert await house.refused(path, body, role="finance") == (403, "forbidden")
    assert await house.refused(f"/lots/{new_id()}/{verb}", body) == (404, "lot-unknown")
    assert await house.stock(item_id) == (5, 0, 0, 5)
