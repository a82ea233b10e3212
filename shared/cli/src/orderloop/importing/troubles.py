"""What can be wrong with a source or its description; each message says what to do about it."""

from contracts.errors import Malformed, NotFound


class SourceUnknown(NotFound):
    """A data set is one that is described here, or comes with a mapping file of its own."""


class FileMissing(NotFound):
    """Every file that the mapping names has to be there."""


class ColumnMissing(Malformed):
    """A mapping may only name columns that the file has."""


class MappingMalformed(Malformed):
    """The mapping file does not follow its schema; docs/import.md describes it."""


class RowRefused(Malformed):
    """A row cannot become what the mapping says. `reason` is the same for all rows of the same kind."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
