import json

import pytest
from api_venue import operations, refused


def listed(venue, client, name, seed, count=240, **changes):
    whole = operations.dataset(name, operations.documents(count, seed), **changes)
    parts = [("croissant", "croissant.json", whole[0])]
    parts += [("files", name, content) for name, content in whole[1].items()]
    parts += [("evidence", name, content) for name, content in whole[2].items()]
    told = client.upload("/datasets", {"copies": "1"}, parts).json()
    assert told["status"] == "admitted", told
    return told


@pytest.fixture(scope="module")
def shop(shared):
    """Three listings of one vendor: a small one on sale, a larger one about law, and one that trades nowhere."""
    vendor = shared.member("Shopkeeper")
    small = listed(shared, vendor, "fables of shops", 71)
    large = listed(shared, vendor, "lawbooks of shops", 72, 480, **{"tex:sector": "law", "keywords": ["法律", "条文"]})
    idle = listed(shared, vendor, "idle shops", 73)
    for told, price in ((small, "9.00"), (large, "5.00")):
        order = {"product_id": told["product_id"], "side": "sell", "price": price, "size": told["lot_size"]}
        assert vendor.order(**order).status_code == 200
    yield {"small": small, "large": large, "idle": idle, "vendor": vendor}
    vendor.delete("/orders")


def found(shared, **asked):
    return [each["name"] for each in shared.public.get("/datasets", **asked).json()]


def test_a_listing_tells_what_it_is_found_by(shared, shop):
    (told,) = shared.public.get("/datasets", q="lawbooks").json()
    rtu = told["rtu"]
    stated = {
        "sector": "law", "language": ["en"], "licence": "MIT", "exclusive": True, "copies": 1, "price": "5.00",
        "price_from": "ask", "size": f"{rtu // 10**6}.{rtu % 10**6:06d}", "dataset_class": "tongshi", "pools": [],
    }  # fmt: skip
    assert {name: told[name] for name in stated} == stated
    assert told["purposes"] == sorted(told["purposes"]) and "training" in told["purposes"]
    assert told == shared.public.get(f"/datasets/{told['product_id']}").json()
    assert told["listed_at"].endswith("Z")


def test_words_facets_sizes_prices_and_purposes_each_narrow_a_search(shared, shop):
    size = {
        name: shared.public.get(f"/datasets/{shop[name]['product_id']}").json()["size"] for name in ("small", "large")
    }
    assert found(shared, q="SHOPS fab") == ["fables of shops"]
    assert found(shared, q="律条") == []
    assert found(shared, q="条文") == ["lawbooks of shops"]
    assert found(shared, q="shops", sector="law,astronomy") == ["lawbooks of shops"]
    assert found(shared, q="shops", language="en", licence="mit", dataset_class="tongshi", max_price="5.00") == [
        "lawbooks of shops"
    ]
    assert found(shared, q="shops", min_price="5.01") == ["fables of shops"]
    assert found(shared, q="shops", min_size=size["large"]) == ["lawbooks of shops"]
    assert len(found(shared, q="shops", max_size=size["small"])) >= 1
    assert "lawbooks of shops" not in found(shared, q="shops", max_size=size["small"])
    assert len(found(shared, q="shops", purpose="training,fine-tuning")) == 3
    assert found(shared, q="shops", purpose="training,research") == []
    kind = shared.public.get("/datasets", q="fables").json()[0]["profile"]
    assert "fables of shops" in found(shared, kind=kind, limit=200)


def test_results_come_in_the_order_asked_for_page_by_page(shared, shop):
    assert found(shared, q="shops", sortedBy="price") == ["lawbooks of shops", "fables of shops", "idle shops"]
    assert found(shared, q="shops", sortedBy="price", sorting="desc") == [
        "fables of shops", "lawbooks of shops", "idle shops",
    ]  # fmt: skip
    assert found(shared, q="shops", sortedBy="size")[0] == "lawbooks of shops"
    assert found(shared, q="shops", sortedBy="name")[0] == "fables of shops"
    for asked in ({}, {"sortedBy": "price"}, {"sortedBy": "name", "sorting": "desc"}, {"sortedBy": "grade"}):
        whole = found(shared, limit=200, **asked)
        assert len(whole) > 3
        paged, after = [], ""
        while page := shared.public.get("/datasets", limit=2, after=after, **asked):
            if not page.json():
                break
            paged += [each["name"] for each in page.json()]
            after = page.headers["cb-after"]
        assert paged == whole


def test_a_price_follows_the_book_and_the_tape(shared, shop):
    product = shop["idle"]["product_id"]
    assert shared.public.get(f"/datasets/{product}").json()["price"] is None
    assert shared.operator.post(f"/products/{product}/reference-price", {"price": "3.00"}).status_code == 200
    told = shared.public.get(f"/datasets/{product}").json()
    assert (told["price"], told["price_from"]) == ("3.00", "reference")
    assert found(shared, q="shops", sortedBy="price")[0] == "idle shops"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"colour": "red"}, "UNKNOWN_FILTER"),
        ({"grade": "G9"}, "BAD_FILTER"),
        ({"kind": "songs"}, "BAD_FILTER"),
        ({"dataset_class": "any"}, "BAD_FILTER"),
        ({"purpose": "training,resale"}, "BAD_FILTER"),
        ({"sortedBy": "beauty"}, "BAD_ORDER"),
        ({"sortedBy": "price", "after": "7"}, "BAD_CURSOR"),
        ({"after": "first"}, "BAD_CURSOR"),
        ({"min_size": "big"}, "BAD_SIZE"),
        ({"max_size": "0.0000001"}, "BAD_SIZE"),
        ({"max_price": "1.005"}, "BAD_PRICE"),
        ({"sorting": "up"}, "BAD_REQUEST"),
        ({"limit": 0}, "BAD_REQUEST"),
        ({"limit": 10**6}, "BAD_REQUEST"),
        ({"q": "x" * 101}, "BAD_REQUEST"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused_by_name(shared, asked, code):
    told = refused(shared.public.get("/datasets", **asked), 400, code)
    if code.endswith("FILTER") or code == "BAD_ORDER":
        assert told["details"]["known"], json.dumps(told)
