"""What the load will do is fixed by its seed before anything is sent."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from campaign.load.itinerary import WEIGHTS, itinerary, planned
from campaign.load.stories import STORIES


def test_the_same_seed_plans_the_same_stories() -> None:
    assert list(islice(itinerary(7), 200)) == list(islice(itinerary(7), 200))


def test_another_seed_plans_others() -> None:
    first, second = list(islice(itinerary(7), 50)), list(islice(itinerary(8), 50))

    assert [each.story for each in first] != [each.story for each in second]
    assert [each.gap for each in first] != [each.gap for each in second]


def test_a_story_does_not_depend_on_those_before_it() -> None:
    assert planned(7, 150) == list(islice(itinerary(7), 150))[-1]


def test_every_story_has_a_weight_and_is_told() -> None:
    told = Counter(each.story for each in islice(itinerary(1), 2000))

    assert set(WEIGHTS) == set(STORIES) == set(told)


def test_arrivals_come_one_mean_gap_after_another() -> None:
    gaps = [each.gap for each in islice(itinerary(3), 4000)]

    assert 0.95 < sum(gaps) / len(gaps) < 1.05
