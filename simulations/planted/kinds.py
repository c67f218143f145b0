"""A kind of thing to plant: how a real one is made, what only looks like it, and the words it stands among."""

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple


class Kind(NamedTuple):
    """`contexts` hold `{}` for the value, by language; `variant` tells two rows of one kind apart."""

    name: str
    real: Callable[[Random], str]
    decoy: Callable[[Random], str]
    contexts: Mapping[str, str]
    variant: str = ""

    @property
    def title(self) -> str:
        return f"{self.name}, {self.variant}" if self.variant else self.name


class Planted(NamedTuple):
    """A value in a document, in characters of its text; `is_real` is False for what only looks like the kind."""

    kind: str
    title: str
    document: int
    offset: int
    length: int
    is_real: bool
