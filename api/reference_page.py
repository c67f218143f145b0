"""The reference of the API's requests, written from the routes themselves.

`python -m api.reference_page docs/reference/requests.md` writes the page; a test holds it to the code.
"""

import sys
from collections.abc import Iterator
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from typing import Final

from fastapi.routing import APIRoute

from api.app import ROUTERS
from exchange.vocabulary.reference_page import table

_HEAD: Final = (
    "This page is written by `python -m api.reference_page docs/reference/requests.md`; a test holds it to the code.\n"
)
_HEADS: Final = ("Request", "What", "Signed")


def page() -> str:
    intro = (
        "Every request of the API; a running exchange has them with their fields and examples at `/docs`.\n"
        "What they have in common stands in [api.md](api.md).\n"
    )
    grouped = groupby(sorted(routes(), key=_topic), key=_topic)
    return f"# Requests\n\n{intro}{_HEAD}" + "".join(_section(topic, list(found)) for topic, found in grouped)


def routes() -> Iterator[APIRoute]:
    """What is documented, in the order in which it is served."""
    for router in ROUTERS:
        yield from (route for route in router.routes if isinstance(route, APIRoute) and route.include_in_schema)


def _topic(route: APIRoute) -> str:
    return str(route.tags[0])


def _section(topic: str, found: list[APIRoute]) -> str:
    rows = [
        [f"`{method} {route.path}`", route.summary or "", "yes" if HTTPStatus.UNAUTHORIZED in route.responses else ""]
        for route in found
        for method in sorted(route.methods or ())
    ]
    return f"\n## {topic.capitalize()}\n\n{table(_HEADS, rows)}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
