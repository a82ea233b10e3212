"""How a service is tested: on a real PostgreSQL and a real Kafka, each test module with a database of its own."""

from testkit.plugin import service_fixture
from testkit.service_under_test import Parked, ServiceUnderTest

__all__ = ["Parked", "ServiceUnderTest", "service_fixture"]
