"""Small datasets that the assay tests write themselves."""

import os
import random

from exchange.vocabulary.documents import Document

SECRET = bytes(range(32))
RESIDENT_ID = "11010519491231002X"


def documents(*texts: str, path: str = "data.jsonl") -> list[Document]:
    return [Document(path, record, text) for record, text in enumerate(texts)]


def questions(count: int) -> list[str]:
    """Questions and answers no two of which are near duplicates."""
    return [_question(random.Random(seed)) for seed in range(count)]


def _question(generator: random.Random) -> str:
    names = ("apples", "books", "cars", "doors", "eggs", "forks", "goats", "hats", "inks", "jars", "kites", "lamps")
    things = [f"{generator.randrange(2, 99)} {generator.choice(names)}" for _ in range(12)]
    return f"How many things are there in the house with {', '.join(things[:6])}?\nThere are {' and '.join(things)}."


def die(*_task: object) -> None:
    """What a worker does that the system kills."""
    os._exit(9)
