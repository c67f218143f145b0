"""What every event is."""

from exchange.vocabulary.codec import Record


class Event(Record):
    """Any event."""

    __slots__ = ()


REPLAYED = 1
"""Header flag of an answer given again: nothing happened now."""
RESTS = 2
"""Header flag of an order event after which the order stands in the book as told."""
WAITS = 4
"""Header flag of an event about an order outside the book that nobody but its owner sees."""
