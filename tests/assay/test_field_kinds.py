import json

import pytest

from exchange.assay.account import Account
from exchange.assay.documents import read_documents
from exchange.assay.field_kinds import MOST_FIELDS, FieldKinds
from exchange.assay.pipeline import assay_documents
from exchange.assay.recipe import Field, Recipe
from exchange.assay.records import JsonRecord


def kinds_of(content, **options):
    kinds = FieldKinds()
    recipe = Recipe(("f",), **options)
    list(read_documents({"f": content.encode()}, recipe, kinds=kinds))
    return kinds.sample()


def lines(*records):
    return "\n".join(map(json.dumps, records)) + "\n"


@pytest.mark.parametrize(
    ("records", "sample"),
    [
        ([{"t": "a", "n": 1}, {"t": "b", "n": 2}], (4, 0)),
        ([{"t": "a", "n": 1}, {"t": "b", "n": "2"}, {"t": "c", "n": 3}], (6, 1)),
        ([{"t": "a", "n": 1}, {"t": "b", "n": 2.5}, {"t": "c", "n": None}, {"t": "d"}], (6, 0)),
        ([{"t": "a", "n": 1}, {"t": "b", "n": 2}, {"t": "", "n": " "}, {"t": "d", "n": ""}], (5, 0)),
        ([{"t": "a", "x": [1]}, {"t": "b", "x": {"y": 1}}, {"t": "c", "x": [2]}, {"t": "d", "x": True}], (8, 2)),
    ],
)
def test_values_of_another_kind_than_the_usual_are_defects(records, sample):
    assert kinds_of(lines(*records), format="jsonl", fields=(Field("t"),)) == sample


def test_numbers_are_still_taken_as_they_are_written():
    recipe = Recipe(("f",), format="jsonl", fields=(Field("n"),))
    (document,) = read_documents({"f": b'{"n": 1.50}'}, recipe, kinds=FieldKinds())
    assert document.text == "1.50"


@pytest.mark.parametrize(
    ("table", "sample"),
    [
        ("q,n\nwhy,7\nhow,-1.5\nwho,12%\n", (6, 0)),
        ("q,n\nwhy,7\nhow,eight\nwho,9\n", (6, 1)),
        ("q,n\nwhy,7\n42,8\nwho,9\n", (6, 0)),
        ("q,n\nwhy,7\nhow,\nwho,9\n", (5, 0)),
    ],
)
def test_in_a_table_words_among_numerals_are_defects_and_numerals_among_words_are_none(table, sample):
    assert kinds_of(table, format="csv", fields=(Field("q"),)) == sample


def test_plain_text_has_no_fields():
    assert kinds_of("a\nb\n", format="text") == (0, 0)


def test_keys_that_are_data_have_an_end():
    kinds = FieldKinds()
    kinds.note(JsonRecord({f"k{number}": "v" for number in range(MOST_FIELDS + 5)}))
    assert kinds.sample() == (MOST_FIELDS, 0)


def test_the_indicator_is_in_the_body_where_records_have_fields():
    recipe = Recipe(("f",), format="jsonl", fields=(Field("t"),))
    account = Account(recipe)
    content = lines(*({"t": f"text {number} of many", "n": number} for number in range(9)), {"t": "the last", "n": "9"})
    body = assay_documents(
        read_documents({"f": content.encode()}, recipe, encodings=account.encodings, kinds=account.kinds),
        name="n",
        version="1",
        secret=b"s",
        declared={},
        account=account,
    ).body
    assert [(row["n"], row["defects"]) for row in body["indicators"] if row["code"] == "0207"] == [(20, 1)]
