"""The finance service for its tests."""

from finance.app import service
from testkit import service_fixture

finance_service = service_fixture(service)
