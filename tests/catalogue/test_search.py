import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.catalogue.search import GRADES, Order, SearchEntry, SearchError, SearchIndex, Wanted

SECTORS = ("education", "law", "health", "culture", "industry")
KINDS = ("qa-sft", "zh-prose", "code", "short-record", "web-prose")
LICENCES = ("MIT", "CC-BY-4.0", "GPL-3.0-only")
PURPOSES = ("training", "evaluation", "research")
NOUNS = ("算术题", "法律条文", "诗歌", "maintenance", "orders", "problems", "recipes", "Dialogues")


def entry(base, chance=None, **changes):
    chance = chance or random.Random(base)
    noun = chance.choice(NOUNS)
    stated = {
        "name": f"{noun} {chance.randrange(30)}",
        "texts": (f"D{base}", noun, f"A collection of {noun}"),
        "sector": chance.choice(SECTORS),
        "languages": (chance.choice(("en", "zh-Hans", "de")),),
        "kind": chance.choice(KINDS),
        "dataset_class": "tongshi",
        "grade": chance.choice(GRADES),
        "licence": chance.choice(LICENCES),
        "purposes": tuple(purpose for purpose in PURPOSES if chance.random() < 0.7),
        "rtu": chance.randrange(1, 60) * 10_000,
    }
    return SearchEntry(base=base, **(stated | changes))


def index_of(count, priced=0.6):
    index, chance = SearchIndex(), random.Random(5)
    for base in range(1, count + 1):
        index.add(entry(base))
        if chance.random() < priced:
            index.reprice(base, chance.randrange(1, 40) * 100)
    return index


@pytest.fixture(scope="module")
def shop():
    return index_of(90)


@pytest.fixture(scope="module")
def large():
    """Ten thousand listings, of which one is about bees."""
    index = index_of(10_000)
    index.remove(7_000)
    index.add(entry(7_000, sector="bees", texts=("honey",), languages=("sl",)))
    return index


def every(index, wanted):
    """All results, page by page."""
    bases, after = [], ""
    while True:
        found = index.search(Wanted(**{**wanted, "after": after}))
        bases += found.bases
        after = found.cursor
        if not after:
            return bases


def naive(index, wanted, count=90):
    """What a search finds, by looking at every listing."""

    def fits(each):
        return (
            all(
                any(value.lower() in {v for f, v in each.facets() if f == facet} for value in values)
                for facet, values in wanted.get("facets", {}).items()
            )
            and set(wanted.get("purposes", ())) <= set(each.purposes)
            and wanted.get("words", "").lower() in " ".join(each.texts).lower()
            and wanted.get("rtu", (0, None))[0] <= each.rtu
            and (wanted.get("price", (None,))[0] or 0) <= (index._prices.get(each.base) or 10**9)
            and ("price" not in wanted or each.base in index._prices)
        )

    order, falling = wanted.get("order", Order.LISTED), wanted.get("falling", False)
    fitting = [each for each in (index._entries[base] for base in range(1, count + 1)) if fits(each)]
    values = {
        Order.LISTED: lambda each: each.base,
        Order.NAME: lambda each: each.name.casefold(),
        Order.PRICE: lambda each: index._prices[each.base],
        Order.SIZE: lambda each: each.rtu,
        Order.GRADE: lambda each: GRADES.index(each.grade),
    }
    keyed = [each for each in fitting if order is not Order.PRICE or each.base in index._prices]
    ordered = sorted(keyed, key=lambda each: (values[order](each), each.base), reverse=falling)
    return [each.base for each in [*ordered, *(each for each in fitting if each not in ordered)]]


searches = st.fixed_dictionaries(
    {"order": st.sampled_from(Order), "falling": st.booleans(), "limit": st.integers(1, 40)},
    optional={
        "facets": st.dictionaries(
            st.sampled_from(("sector", "kind", "licence", "grade", "language")),
            st.lists(st.sampled_from((*SECTORS, *KINDS, *LICENCES, *GRADES, "zh", "EN")), min_size=1, max_size=3),
            max_size=2,
        ),
        "purposes": st.sets(st.sampled_from(PURPOSES)).map(tuple),
        "words": st.sampled_from(("", "算术", "法律条", "maint", "problems", "dialog", "题")),
        "rtu": st.tuples(st.integers(0, 600_000), st.none()),
        "price": st.tuples(st.integers(0, 4_000), st.none()),
    },
)


@settings(deadline=None, max_examples=80)
@given(searches)
def test_pages_put_together_are_what_looking_at_every_listing_finds(shop, wanted):
    assert every(shop, wanted) == naive(shop, wanted)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("falling", [False, True])
def test_of_ten_thousand_listings_a_page_of_all_looks_at_no_more_than_the_page(large, order, falling):
    wanted, seen = {"order": order, "falling": falling, "limit": 50}, 0
    after = ""
    for _ in range(3):
        found = large.search(Wanted(**wanted, after=after))
        assert (len(found.bases), found.looked_at) == (50, 50)
        after, seen = found.cursor, seen + len(set(found.bases))
    assert seen == 150


@pytest.mark.parametrize(
    ("wanted", "most"),
    [
        ({"facets": {"sector": ("bees",)}}, 1),
        ({"facets": {"sector": ("bees",), "language": ("sl", "en")}, "order": Order.PRICE}, 1),
        ({"words": "hon"}, 1),
        ({"words": "honey", "rtu": (1, None), "purposes": ()}, 1),
        ({"words": "D9999"}, 1),
        ({"words": "%"}, 0),
        ({"facets": {"sector": ("astronomy",)}, "words": "problems"}, 0),
    ],
)
def test_of_ten_thousand_listings_a_search_looks_at_no_more_than_the_rarest_thing_asked_for(large, wanted, most):
    assert large.search(Wanted(**wanted)).looked_at <= most


def test_what_has_no_price_comes_last_whichever_way_prices_run():
    index = SearchIndex()
    for base in range(1, 5):
        index.add(entry(base))
    index.reprice(2, 500)
    index.reprice(4, 300)
    assert every(index, {"order": Order.PRICE, "limit": 1}) == [4, 2, 1, 3]
    assert every(index, {"order": Order.PRICE, "falling": True, "limit": 3}) == [2, 4, 1, 3]
    index.reprice(4, None)
    assert every(index, {"price": (0, None)}) == [2]


def test_what_was_removed_is_not_found_and_may_come_back():
    index = index_of(5, priced=1)
    index.remove(3)
    for order in Order:
        assert 3 not in every(index, {"order": order})
    assert every(index, {"words": "D3"}) == []
    index.add(entry(3))
    assert every(index, {"words": "D3"}) == [3]


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ("\u00dcbung", "U\u0308bung"),
        ("Cafe\u0301", "CAF\u00c9"),
        ("\uff27\uff33\uff2d\uff18\uff2b", "gsm8k"),
        ("Stra\u00dfe", "STRASSE"),
    ],
)
def test_a_word_is_found_however_its_letters_were_put_together(named, asked):
    index = SearchIndex()
    index.add(entry(1, texts=(named,)))
    assert index.search(Wanted(words=asked)).bases == [1]
    assert not index.search(Wanted(words=asked + "s")).bases


def test_a_language_is_found_without_its_script():
    index = SearchIndex()
    index.add(entry(1, languages=("zh-Hans",)))
    for language in ("zh", "zh-hans", "ZH-Hans"):
        assert every(index, {"facets": {"language": (language,)}}) == [1]


@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        (Order.LISTED, "first"),
        (Order.LISTED, "1.2"),
        (Order.SIZE, "7"),
        (Order.SIZE, "-.7"),
        (Order.SIZE, "²." + "7"),
        (Order.PRICE, "1.2.3"),
        (Order.NAME, "zz.7"),
        (Order.NAME, "ff.7"),
        (Order.GRADE, "1." + "9" * 19),
    ],
)
def test_a_cursor_that_no_page_of_the_order_gave_is_refused(shop, order, cursor):
    with pytest.raises(SearchError) as caught:
        shop.search(Wanted(order=order, after=cursor))
    assert caught.value.code == "BAD_CURSOR"
