"""The families of errors; the kit's one table turns a family into an HTTP answer or a consumer's decision.

OrderloopError
├── Refused              a business rule says no                  → 409, an event is parked
│   └── VersionMismatch  the caller saw an older version          → 412
├── NotFound             unknown here; an event may be on its way → 404, an event waits, then is parked
├── Malformed            the request or event makes no sense      → 422, an event is parked
├── Forbidden            the caller's role may not do this        → 403
└── Unavailable          a fault that passes by itself            → 503, an event is retried

A subclass names the state of affairs (`OrderAlreadyShipped`); its docstring is the rule, its message says what to do.
"""


class OrderloopError(Exception):
    """Something that a caller has to know about."""


class Refused(OrderloopError):
    """A business rule says no; nothing was changed."""


class VersionMismatch(Refused):
    """The thing has changed since the caller read it; read it again and decide again."""


class NotFound(OrderloopError):
    """What the request names is unknown here."""


class Malformed(OrderloopError):
    """The request cannot be understood, whoever sends it and whenever."""


class Forbidden(OrderloopError):
    """The caller is known, but may not do this."""


class Unavailable(OrderloopError):
    """Not now: a server that this depends on does not answer. Try again."""
