"""What can go wrong with a machine; each message says what to do about it."""

from contracts.errors import Malformed, NotFound, Unavailable


class HomeNotFound(NotFound):
    """The platform runs from a copy of the repository: templates, locks and data live there."""


class PythonTooOld(Malformed):
    """Orderloop needs Python 3.11 or later."""


class PortTaken(Unavailable):
    """A service listens on a fixed port, which has to be free."""


class DiskFull(Unavailable):
    """PostgreSQL and Kafka keep everything on disk, so there must be room."""


class MemoryShort(Unavailable):
    """All services, PostgreSQL and Kafka together need about 2 GiB."""


class DownloadFailed(Unavailable):
    """Apache Kafka is fetched from a Maven repository the first time."""


class ChecksumDiffers(Malformed):
    """A fetched archive must be byte for byte the one that was locked."""


class ServerFailed(Unavailable):
    """PostgreSQL or Kafka did not start, or does not answer."""


class AccountUnfit(Malformed):
    """PostgreSQL refuses to run as root, so root needs another account that reaches the repository."""


class SettingMalformed(Malformed):
    """An environment variable or file of ours holds something that cannot be meant."""
