"""On a history that nobody has touched, nothing is found, and what is counted is what happened."""

from __future__ import annotations

from campaign.invariants import census, check, quiet

from .history import History


async def test_nothing_is_found_in_an_untouched_history(history: History) -> None:
    findings = await check(history.place, history.topics, history.told())

    assert findings.violations == ()
    assert findings.notes == ("no baseline: I16 does not look at files and memory of processes",)
    assert (findings.counts.loops, findings.counts.orders) == (1, 3)
    assert (findings.counts.lost, findings.counts.doubled, findings.counts.duplicates_absorbed) == (0, 0, 0)


async def test_what_people_did_is_counted_by_the_type_of_its_event(history: History) -> None:
    counted = await census(history.place, history.topics)

    assert counted["orderloop.order.OrderPlaced.v1"] == 2, "the third was placed by a won opportunity"
    assert counted["orderloop.finance.PaymentReceived.v1"] == 1


async def test_it_is_quiet(history: History) -> None:
    assert isinstance(await quiet(history.place, history.topics, 10), float)
