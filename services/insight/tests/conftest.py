"""The insight service for its tests: nothing has to be quiet before it is compared."""

from insight.app import service
from insight.settings import Watching
from kit.service import Service
from testkit import service_fixture


def impatient() -> Service:
    return service(Watching(grace_seconds=0))


insight_service = service_fixture(impatient)
