"""Numbers follow the counter without a gap."""

import pytest

from finance.domain.numbers import CounterNotStarted, Series, number


def test_a_number_names_its_series_and_year() -> None:
    assert number(Series.INVOICE, 2026, 1) == "INV-2026-000001"
    assert number(Series.CREDIT_NOTE, 2027, 42) == "CN-2027-000042"


def test_consecutive_counters_give_consecutive_numbers() -> None:
    numbers = [number(Series.INVOICE, 2026, each) for each in range(1, 200)]

    assert numbers == sorted(set(numbers))


def test_a_counter_that_was_not_raised_gives_no_number() -> None:
    with pytest.raises(CounterNotStarted, match="INV 2026"):
        _ = number(Series.INVOICE, 2026, 0)
