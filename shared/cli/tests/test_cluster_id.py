"""The id of a new Kafka cluster."""

from __future__ import annotations

from orderloop.platform.kafka import cluster_id


def test_a_cluster_id_never_looks_like_an_option() -> None:
    made = [cluster_id() for _ in range(1000)]

    assert {len(each) for each in made} == {22}
    assert not any(each.startswith("-") for each in made)
