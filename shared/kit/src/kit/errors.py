"""What HTTP itself can refuse, beside the families of `contracts.errors`.

OrderloopError
├── KeyMissing            a POST without Idempotency-Key            → 400
├── Unauthenticated       no token                                  → 401
│   ├── TokenInvalid      a token, but not one of ours              → 401
│   └── TokenExpired      it was one of ours                        → 401
├── PreconditionRequired  a change without If-Match                 → 428
├── Refused
│   └── StillRunning      the first request with this key goes on   → 409
└── Malformed
    ├── KeyReused         the same key came with another request    → 422
    ├── DoesNotFit        only the database finds a value too large → 422
    └── CursorBroken      a cursor that was not given out here      → 422
"""

from contracts.errors import Malformed, OrderloopError, Refused


class KeyMissing(OrderloopError):
    """A command needs an Idempotency-Key, so that it can be sent again without being done again."""


class KeyReused(Malformed):
    """An Idempotency-Key belongs to one request; this one differs from the first."""


class StillRunning(Refused):
    """The first request with this Idempotency-Key has not been answered yet."""


class PreconditionRequired(OrderloopError):
    """A change that replaces what was read must say in If-Match which version was read."""


class Unauthenticated(OrderloopError):
    """Nothing but health and documentation answers without a bearer token."""

    challenge = "Bearer"


class TokenInvalid(Unauthenticated):
    """The bearer token is not one that this platform accepts."""

    challenge = 'Bearer error="invalid_token"'


class TokenExpired(TokenInvalid):
    """The bearer token was good, but its time is over."""


class DoesNotFit(Malformed):
    """A number, day or text of the request, or what it comes to, is more than can be kept."""


class CursorBroken(Malformed):
    """A cursor is what an earlier page gave as next_cursor, unchanged."""
