"""The order service for its tests."""

from order.app import service
from testkit import service_fixture

order_service = service_fixture(service)
