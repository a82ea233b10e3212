"""Text that cannot be kept is found wherever it stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from contracts.customer import CustomerRegistered
from contracts.event import Recorded
from contracts.ids import CustomerId, new_id
from contracts.text import fault_in, leaves


@pytest.mark.parametrize(
    ("text", "character"), [("\0", "U+0000"), ("a\0b\ud800", "U+0000"), ("a\ud800", "U+D800"), ("\udfff", "U+DFFF")]
)
def test_a_text_with_a_character_that_cannot_be_kept_is_told_which(text: str, character: str) -> None:
    assert fault_in(text) == f"{character} cannot be kept in a text; leave it out"


@pytest.mark.parametrize("text", ["", "Straße", "\x01\x1f\x7f", "\ud7ff\ue000", "😀", "\\u0000"])
def test_any_other_text_is_fine(text: str) -> None:
    assert fault_in(text) is None


def test_every_value_and_every_name_of_a_document_is_found_with_its_place() -> None:
    document = {"a": [1, {"b": "x"}], "c": ("y",)}

    assert list(leaves(document)) == [
        ((), "a"),
        ((), "c"),
        (("a", 0), 1),
        (("c", 0), "y"),
        (("a", 1), "b"),
        (("a", 1, "b"), "x"),
    ]


def test_a_document_may_be_nested_deeper_than_python_calls() -> None:
    document: object = "x"
    for _ in range(5000):
        document = [document]

    assert list(leaves(document)) == [((0,) * 5000, "x")]


def a_record(data: bytes) -> Recorded:
    return Recorded(
        id=new_id(),
        type=CustomerRegistered.type_name(),
        source="/elsewhere/customer",
        subject=new_id(),
        time=datetime.now(UTC),
        sequence=1,
        correlation_id=new_id(),
        causation_id=new_id(),
        actor="somebody",
        traceparent=None,
        data=data,
    )


REGISTERED = (
    CustomerRegistered(
        customer_id=CustomerId(new_id()), number="C-1", kind="organisation", name="NAME", country="DE", currency="EUR"
    )
    .model_dump_json()
    .encode()
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (REGISTERED.replace(b"NAME", b"a\\u0000b"), r"name\n  U\+0000 cannot be kept in a text"),
        (REGISTERED.replace(b"NAME", b'x","more":{"of it":["\\u0000"]},"z":"'), r"more\.of it\.0\n  U\+0000 cannot"),
        (REGISTERED.replace(b"NAME", b"\\ud800"), "Invalid JSON"),
        (REGISTERED.replace(b"NAME", b"\xed\xa0\x80"), "Invalid JSON"),
        (REGISTERED.replace(b"NAME", b"\0"), "Invalid JSON"),
    ],
)
def test_an_event_with_text_that_cannot_be_kept_cannot_be_read(data: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        _ = a_record(data).event()


def test_an_event_that_only_writes_about_such_text_can_be_read() -> None:
    event = a_record(REGISTERED.replace(b"NAME", b"\\\\u0000")).event()

    assert isinstance(event, CustomerRegistered)
    assert event.name == "\\u0000"
