"""The fields that are a record's text: common layouts first, then whatever is text and no name, date or label."""

import pytest

from exchange.assay.recipe import Field
from exchange.catalogue.fields import class_of, infer_fields
from exchange.catalogue.listing import ListingError


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([{"id": "x1", "text": "a", "url": "u"}], ["text"]),
        ([{"question": "a", "answer": "b", "text": "c"}], ["question", "answer"]),
        ([{"instruction": "a", "input": "", "output": "b"}], ["instruction", "input?", "output"]),
        ([{"instruction": "a", "output": "b"}], ["instruction", "output"]),
        ([{"messages": [{"role": "user", "content": "a"}]}], ["messages[*].content"]),
        ([{"conversations": [{"from": "human", "value": "a"}]}], ["conversations[*].value"]),
        ([{"Title": "a", "Body": "b", "label": "pos", "doc_id": "d"}], ["Title", "Body"]),
        ([{"a": "x"}, {"a": "y", "b": "z"}], ["a", "b?"]),
        ([{"a": "x"}, {"a": None}], ["a?"]),
        ([{"a.b": "x"}], ["['a.b']"]),
        ([{"title": "x", "lines": ["y", "z"], "sizes": [1]}], ["title", "lines"]),
        ([{"n": "12", "name": "x"}], ["name"]),
    ],
)
def test_the_text_of_records_is_inferred(records: list[dict[str, object]], expected: list[str]) -> None:
    fields = infer_fields(records, "file")
    assert [field.selector + "?" * field.optional for field in fields] == expected


def test_columns_of_a_table_go_by_their_plain_names() -> None:
    assert [field.selector for field in infer_fields([{"a.b": "x"}], "file", is_table=True)] == ["a.b"]


def test_records_without_text_have_their_columns_named() -> None:
    with pytest.raises(ListingError, match="file has id, score; say which"):
        infer_fields([{"id": 1, "score": "2"}], "file")


@pytest.mark.parametrize(
    ("selectors", "told"),
    [
        (("question", "answer"), "qa-sft"),
        (("messages[*].content",), "qa-sft"),
        (("instruction", "input", "output"), "qa-sft"),
        (("question",), None),
        (("text",), None),
        (("answer", "question"), None),
    ],
)
def test_fields_that_ask_and_answer_give_the_class_of_data_away(selectors, told):
    assert class_of([Field(selector) for selector in selectors]) == told
