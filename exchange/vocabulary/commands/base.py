"""What every command is."""

from exchange.vocabulary.codec import Record


class Command(Record):
    """Any command."""

    __slots__ = ()
