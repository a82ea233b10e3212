"""What an event is: a fact in the past tense, frozen, with what a reader needs to act without calling back."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, from_json

from contracts.text import fault_in, leaves

LOOP_IDS = (
    "opportunity_id",
    "quote_id",
    "order_id",
    "shipment_id",
    "invoice_id",
    "payment_id",
    "case_id",
    "nonconformance_id",
    "capa_id",
)
"""The ids that tie an event to a loop, nearest to its origin first: who names one of them joins its correlation."""

_types: dict[str, type[Event]] = {}


class Event(BaseModel):
    """A fact. Its first field is the subject: the aggregate it is about, and hence the Kafka key.

    Unknown fields are ignored when read, so that a producer may add optional ones.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: ClassVar[int] = 1

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        _types[cls.type_name()] = cls

    @classmethod
    def service(cls) -> str:
        """The service that publishes it: the name of the contracts module that defines it."""
        return cls.__module__.rpartition(".")[2]

    @classmethod
    def topic(cls) -> str:
        return f"{cls.service()}.events"

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents type, such as `orderloop.order.OrderPlaced.v1`."""
        return f"orderloop.{cls.service()}.{cls.__name__}.v{cls.version}"

    @classmethod
    def subject_field(cls) -> str:
        return next(iter(cls.model_fields))

    @property
    def subject(self) -> UUID:
        return getattr(self, self.subject_field())


class Recorded(BaseModel):
    """An event with its envelope: the CloudEvents 1.0 attributes and our extensions."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    type: str
    source: str
    subject: UUID
    time: datetime
    sequence: int
    correlation_id: UUID
    causation_id: UUID
    actor: str
    traceparent: str | None
    data: bytes

    @cached_property
    def _read(self) -> Event | None:
        known = _types.get(self.type)
        if known is None:
            return None
        event = known.model_validate_json(self.data)
        if b"\\u0000" in self.data:  # the one way to write it that this far is taken for text
            _refuse_unfit_text(known, self.data)
        return event

    def event(self) -> Event | None:
        """The event itself, read once, or None when this program does not know the type. Raises ValidationError."""
        return self._read


def _refuse_unfit_text(known: type[Event], data: bytes) -> None:
    faults = [
        InitErrorDetails(type=PydanticCustomError("unfit_text", "{fault}", {"fault": fault}), loc=place, input=None)
        for place, value in leaves(from_json(data))
        if (fault := fault_in(value)) is not None
    ]
    if faults:
        raise ValidationError.from_exception_data(known.__name__, faults)


def event_types() -> dict[str, type[Event]]:
    """Every event type that has been imported, by its CloudEvents type."""
    return dict(_types)
