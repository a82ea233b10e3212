"""`python -m campaign`."""

import sys

from campaign.command import app
from contracts.errors import OrderloopError

try:
    app()
except OrderloopError as refusal:
    sys.exit(f"{type(refusal).__name__}: {refusal}")
