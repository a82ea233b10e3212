"""The counter service, which is in `counter/` beside this file, for all tests of the kit."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from counter.app import service

from testkit import service_fixture

counter_service = service_fixture(service)
