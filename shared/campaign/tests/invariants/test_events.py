"""Lost, doubled, invented, out of order, without a cause: I4 to I9 and I15."""

from __future__ import annotations

from uuid import uuid4

from campaign.invariants import Violation
from campaign.invariants.applying import i4_no_lost_effect, i5_no_doubled_effect, i7_applied_in_order
from campaign.invariants.causes import i15_cause_before_effect
from campaign.invariants.publishing import i6_no_ghost, i8_no_gap, i9_first_sent_in_order
from contracts.ids import new_id

from .history import History

PLACED = "(SELECT event_id FROM campaign.effect WHERE type LIKE '%OrderPlaced%' ORDER BY id LIMIT 1)"


def said(found: list[Violation]) -> list[str]:
    return [each.what for each in found]


async def test_a_lost_effect_is_reported_with_its_event_and_consumer(history: History) -> None:
    async with history.broken(finance=f"DELETE FROM inbox WHERE event_id = {PLACED}") as facts:
        [found] = await i4_no_lost_effect(facts)

    assert found.what == "finance has no effect of OrderPlaced"
    assert (found.evidence["consumer"], found.evidence["type"]) == ("finance", "orderloop.order.OrderPlaced.v1")


async def test_an_event_that_waits_behind_a_parked_key_is_not_lost(history: History) -> None:
    aside = f"""
        INSERT INTO parked_message SELECT topic, subject, sequence, jsonb_build_object('id', event_id)
          FROM campaign.effect WHERE event_id = {PLACED};
        DELETE FROM inbox WHERE event_id = {PLACED}
    """
    async with history.broken(finance=aside) as facts:
        assert await i4_no_lost_effect(facts) == []


async def test_an_event_that_never_came_to_its_topic_is_lost(history: History) -> None:
    records = history.records()
    del records["sales"][-1]

    async with history.published_as(records) as topics, history.broken(topics=topics) as facts:
        assert said(await i4_no_lost_effect(facts)) == ["OpportunityWon of sales never came to its topic"]


async def test_an_event_that_was_applied_twice_is_reported(history: History) -> None:
    again = f"""
        INSERT INTO campaign.effect (event_id, topic, subject, sequence, type)
        SELECT event_id, topic, subject, sequence, type FROM campaign.effect WHERE event_id = {PLACED}
    """
    async with history.broken(finance=again) as facts:
        assert said(await i5_no_doubled_effect(facts)) == ["finance has applied orderloop.order.OrderPlaced.v1 2 times"]


async def test_two_workers_may_go_past_an_event_that_their_service_does_not_react_to(history: History) -> None:
    again = """
        INSERT INTO campaign.effect (event_id, topic, subject, sequence, type)
        SELECT event_id, topic, subject, sequence, type FROM campaign.effect WHERE type LIKE '%ShipmentPlanned%'
    """
    async with history.broken(finance=again) as facts:
        repeated = "SELECT 1 FROM campaign.effect GROUP BY event_id HAVING count(*) > 1"
        assert await facts.rows("finance", repeated)
        assert await i5_no_doubled_effect(facts) == []
        assert await i7_applied_in_order(facts) == []


async def test_effects_of_one_event_in_two_transactions_are_a_doubled_effect_without_a_probe(history: History) -> None:
    doubled = """
        DROP SCHEMA campaign CASCADE;
        INSERT INTO outbox (event_id, type, subject, sequence, correlation_id, causation_id, actor, recorded_at, value)
        SELECT gen_random_uuid(), type, subject, sequence + 100, correlation_id, causation_id, actor, recorded_at, value
          FROM outbox WHERE type LIKE '%CreditExposureChecked%' ORDER BY id LIMIT 1
    """
    async with history.broken(finance=doubled) as facts:
        assert said(await i5_no_doubled_effect(facts)) == [
            "finance has told the effects of OrderPlaced in several transactions"
        ]


async def test_an_event_in_an_inbox_that_nobody_told_is_a_ghost(history: History) -> None:
    async with history.broken(order="INSERT INTO inbox VALUES (gen_random_uuid())") as facts:
        assert said(await i6_no_ghost(facts)) == ["order has applied an event that nobody has told"]


async def test_a_record_that_is_in_no_outbox_is_a_ghost(history: History) -> None:
    async with history.broken(service="DELETE FROM outbox WHERE type LIKE '%ComplaintFiled%'") as facts:
        found = said(await i6_no_ghost(facts))

    assert "service's topic has an event that is not in its outbox" in found


async def test_a_record_with_other_bytes_than_its_outbox_is_a_ghost(history: History) -> None:
    async with history.broken(order="UPDATE outbox SET actor = 'mallory' WHERE id = 1") as facts:
        [found] = await i6_no_ghost(facts)

    assert (found.what, found.evidence["outbox"]) == ("order's topic has other bytes than its outbox", 1)


async def test_poison_that_was_put_into_a_topic_is_no_ghost(history: History) -> None:
    poison, records = str(new_id()), history.records()
    key, value, headers = records["order"][0]
    forged = [(name, poison.encode() if name == "ce_id" else content) for name, content in headers]
    records["order"].append((key, value, forged))

    async with history.published_as(records) as topics:
        async with history.broken(topics=topics) as facts:
            assert said(await i6_no_ghost(facts)) == ["order's topic has an event that is not in its outbox"]
        async with history.broken(history.told(poison=frozenset({poison})), topics) as facts:
            assert await i6_no_ghost(facts) == []


async def test_effects_out_of_order_are_reported(history: History) -> None:
    swapped = """
        UPDATE campaign.effect SET sequence = 3 - sequence WHERE sequence IN (1, 2) AND topic = 'order.events' AND
          subject = (SELECT subject FROM campaign.effect WHERE topic = 'order.events' ORDER BY id LIMIT 1)
    """
    async with history.broken(customer=swapped) as facts:
        found = said(await i7_applied_in_order(facts))

    assert found == [
        "customer has applied number 2 of an aggregate after number 0",
        "customer has applied number 1 of an aggregate after number 2",
        "customer has applied number 3 of an aggregate after number 1",
    ]


async def test_a_number_that_was_discarded_may_be_missing(history: History) -> None:
    one = "topic = 'order.events' AND sequence = 2 ORDER BY id LIMIT 1"
    discarded = f"""
        INSERT INTO discarded_message (event_id, recorded, reason, discarded_by)
        SELECT event_id, jsonb_build_object('id', event_id, 'subject', subject, 'sequence', sequence,
                                            'source', '/orderloop/order'), '', ''
          FROM campaign.effect WHERE {one};
    """
    gone = f"DELETE FROM campaign.effect WHERE id = (SELECT id FROM campaign.effect WHERE {one})"
    async with history.broken(customer=gone) as facts:
        assert said(await i7_applied_in_order(facts)) == [
            "customer has applied number 3 of an aggregate after number 1"
        ]
    async with history.broken(customer=discarded + gone) as facts:
        assert await i7_applied_in_order(facts) == []


async def test_a_consumer_that_stands_before_the_last_event_of_an_aggregate_is_reported(history: History) -> None:
    behind = f"UPDATE applied SET last = last - 1 WHERE subject = '{history.order_id}' AND topic = 'order.events'"
    async with history.broken(finance=behind) as facts:
        [found] = await i7_applied_in_order(facts)

    assert found.what.startswith("finance stands at number ")
    assert found.evidence["subject"] == history.order_id


async def test_a_gap_in_an_outbox_is_reported(history: History) -> None:
    gap = f"DELETE FROM outbox WHERE subject = '{history.order_id}' AND sequence = 2"
    async with history.broken(order=gap) as facts:
        assert said(await i8_no_gap(facts)) == ["order told number 3 of an aggregate where 2 was due"]


async def test_a_last_event_that_is_missing_in_an_outbox_is_reported(history: History) -> None:
    async with history.broken(sales="DELETE FROM outbox WHERE type LIKE '%OpportunityWon%'") as facts:
        assert said(await i8_no_gap(facts)) == ["sales counts 2 events of an aggregate and has told 1"]


async def test_first_occurrences_in_another_order_are_reported(history: History) -> None:
    records = history.records()
    first, second = [place for place, each in enumerate(records["order"]) if each[0] == history.order_id.encode()][:2]
    records["order"][first], records["order"][second] = records["order"][second], records["order"][first]

    async with history.published_as(records) as topics, history.broken(topics=topics) as facts:
        [found] = await i9_first_sent_in_order(facts)

    assert found.what == "order's topic has events of a key in another order"
    assert found.evidence["key"] == history.order_id


async def test_records_that_repeat_earlier_ones_are_in_order(history: History) -> None:
    records = history.records()
    records["order"] += records["order"]

    async with history.published_as(records) as topics, history.broken(topics=topics) as facts:
        assert await i9_first_sent_in_order(facts) == []
        assert await i6_no_ghost(facts) == []


async def test_an_effect_before_its_cause_is_reported(history: History) -> None:
    early = "UPDATE outbox SET recorded_at = recorded_at - interval '1 hour' WHERE type LIKE '%NonconformanceRaised%'"
    async with history.broken(quality=early) as facts:
        assert said(await i15_cause_before_effect(facts)) == [
            "quality has told NonconformanceRaised before its cause ComplaintFiled"
        ]


async def test_an_effect_of_an_event_that_never_came_in_is_reported(history: History) -> None:
    unfenced = "DELETE FROM inbox WHERE event_id IN (SELECT causation_id FROM outbox)"
    async with history.broken(quality=unfenced) as facts:
        assert said(await i15_cause_before_effect(facts)) == [
            "quality has told NonconformanceRaised because of ComplaintFiled, which it has not received"
        ]


async def test_a_reaction_without_an_event_is_reported(history: History) -> None:
    orphan = f"UPDATE outbox SET causation_id = '{uuid4()}' WHERE type LIKE '%InvoiceIssued%'"
    async with history.broken(finance=orphan) as facts:
        found = said(await i15_cause_before_effect(facts))

    assert "finance has told InvoiceIssued, which only an event can cause" in found


async def test_a_loop_that_nothing_has_begun_is_reported(history: History) -> None:
    stray = f"UPDATE outbox SET correlation_id = '{uuid4()}' WHERE type LIKE '%OrderClosed%'"
    async with history.broken(order=stray) as facts:
        assert said(await i15_cause_before_effect(facts)) == ["OrderClosed belongs to a loop that nothing has begun"]
