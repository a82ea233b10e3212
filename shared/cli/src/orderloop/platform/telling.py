"""How a trouble is told to whoever typed the command."""

from contracts.errors import OrderloopError
from orderloop.platform.checks import explained


def told(error: Exception) -> str | None:
    """One line that names it and says what to do; None for what nobody foresaw."""
    known = explained(error) if isinstance(error, OSError) else error
    return f"{type(known).__name__}: {known}" if isinstance(known, OrderloopError) else None
