"""Recipes out of record sets: what the `tex:` keys say, and that nothing unknown is passed over."""

from collections.abc import Callable
from typing import Any

import pytest

from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import ListingError

Spoilt = Callable[[Callable[[dict[str, Any]], object]], bytes]


def test_the_extension_keys_of_a_record_set_are_taken_over(spoilt: Spoilt) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["recordSet"][0] |= {"tex:join": "——", "tex:encoding": "gb18030", "tex:encodingErrors": "replace"}

    recipe = read_listing(spoilt(change)).recipe
    assert (recipe.joiner, recipe.encoding, recipe.errors) == ("——", "gb18030", "replace")
    assert [field.selector for field in recipe.fields] == ["question", "answer"]


def test_a_file_set_names_its_files_in_order(spoilt: Spoilt) -> None:
    def change(stated: dict[str, Any]) -> None:
        first = stated["distribution"][0]
        parts = [{**first, "@id": f"part-{n}.jsonl", "contentUrl": f"part-{n}.jsonl"} for n in range(3)]
        file_set = {"@type": "cr:FileSet", "@id": "parts", "includes": ["part-2.jsonl", "part-*.jsonl"]}
        stated["distribution"] = [*parts, {**file_set, "encodingFormat": "application/jsonlines"}]
        stated.pop("rai:dataLicenseEvidence")
        for field in stated["recordSet"][0]["field"]:
            field["source"] = {"fileSet": {"@id": "parts"}, "extract": {"column": "question"}}

    assert read_listing(spoilt(change)).recipe.files == ("part-2.jsonl", "part-0.jsonl", "part-1.jsonl")


def test_a_text_file_read_by_its_content_is_one_document(spoilt: Spoilt) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["distribution"][0]["encodingFormat"] = "text/plain; charset=utf-8"
        whole = {"fileObject": {"@id": "train.jsonl"}, "extract": {"fileProperty": "content"}}
        stated["recordSet"][0]["field"] = [
            {"@type": "cr:Field", "@id": "a", "name": "a", "dataType": "sc:Text", "source": whole}
        ]

    recipe = read_listing(spoilt(change)).recipe
    assert (recipe.format, recipe.splitter) == ("text", "file")


def test_the_charset_of_a_mime_type_is_the_encoding_unless_stated_otherwise(spoilt: Spoilt) -> None:
    def charset(stated: dict[str, Any]) -> None:
        stated["distribution"][0]["encodingFormat"] = 'application/jsonlines; charset="GB18030"'

    def both(stated: dict[str, Any]) -> None:
        charset(stated)
        stated["recordSet"][0]["tex:encoding"] = "utf-16"

    assert read_listing(spoilt(charset)).recipe.encoding == "gb18030"
    assert read_listing(spoilt(both)).recipe.encoding == "utf-16"


def record_set(stated: dict[str, Any]) -> Any:
    return stated["recordSet"][0]


def source(stated: dict[str, Any]) -> Any:
    return record_set(stated)["field"][0]["source"]


@pytest.mark.parametrize(
    "change",
    [
        lambda stated: record_set(stated).update({"tex:jion": "x"}),
        lambda stated: record_set(stated).update({"tex:join": 5}),
        lambda stated: record_set(stated).update({"tex:minimumTabs": True}),
        lambda stated: record_set(stated).update({"tex:encoding": "klingon"}),
        lambda stated: record_set(stated)["field"][0].update({"tex:trim": "x"}),
        lambda stated: record_set(stated)["field"][0].update({"tex:column": 1}),
        lambda stated: source(stated).update({"transform": {"replace": "a/b"}}),
        lambda stated: source(stated).update({"transform": {"regex": "(a|b)*"}}),
        lambda stated: source(stated).update({"extract": {"jsonPath": "$..deep"}}),
        lambda stated: stated["distribution"][0].update({"encodingFormat": "application/pdf"}),
    ],
)
def test_what_would_silently_change_documents_is_refused(
    spoilt: Spoilt, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(ListingError, match="BAD_RECIPE"):
        read_listing(spoilt(change))
