from pathlib import Path

from api.app import ROUTERS
from api.reference_page import page, routes

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "requests.md"


def test_the_page_is_what_the_routes_say():
    written = REFERENCE.read_text(encoding="utf-8")
    assert written == page(), "run python -m api.reference_page docs/reference/requests.md"


def test_every_documented_request_says_what_it_does():
    told = {route.path: route.summary for route in routes()}
    assert {"/orders", "/datasets", "/deliveries", "/time"} <= set(told)
    assert all(told.values())


def test_no_router_is_left_out():
    assert {route.tags[0] for route in routes()} >= {tag for router in ROUTERS for tag in router.tags}
