"""Croissant metadata in: what a good listing says, and the name of every refusal."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.assay.documents import read_documents
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import Evidence, ListingError, Source, verify_files
from exchange.vocabulary.instruments import Purpose

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "listing_gsm8k.croissant11.json"
SOURCE_OF_GSM8K = "https://github.com/openai/grade-school-math/tree/3101c7d5072418e28b9008a6636bde82a006892c"
Spoilt = Callable[[Callable[[dict[str, Any]], object]], bytes]


def refusal(received: bytes) -> str:
    with pytest.raises(ListingError) as caught:
        read_listing(received)
    assert caught.value.detail
    return caught.value.code


def test_a_listing_states_who_offers_what_under_which_terms(metadata: dict[str, Any]) -> None:
    listing = read_listing(json.dumps(metadata).encode())
    assert (listing.name, listing.licence, listing.creator) == ("gsm8k", "MIT", "OpenAI")
    assert (listing.data_level, listing.dataset_class, listing.profile) == ("general", "tongshi", "qa-sft")
    assert listing.sources == (Source(SOURCE_OF_GSM8K, "MIT", "open"),)
    assert listing.terms.purposes == Purpose.TRAINING | Purpose.FINE_TUNING | Purpose.EVALUATION
    assert (listing.terms.territory, listing.terms.prohibitions) == (("CN",), ("sell",))
    assert listing.evidence == (Evidence("licence-file", "LICENSE"),)
    assert not listing.declares_personal_data


def test_documents_are_taken_as_the_listing_says(metadata: dict[str, Any], files: dict[str, bytes]) -> None:
    listing = read_listing(json.dumps(metadata).encode())
    documents = read_documents(verify_files(listing, files), listing.recipe)
    assert [document.text for document in documents] == ["1+1?\n2", "2+2?\n4"]


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample listing is not beside the repository")
def test_the_sample_listing_without_extensions_is_read_unchanged() -> None:
    listing = read_listing(SAMPLE.read_bytes())
    assert listing.files[0].path == "train.jsonl"
    assert listing.recipe.joiner == "\n"
    assert listing.terms.purposes == Purpose.TRAINING | Purpose.FINE_TUNING | Purpose.EVALUATION
    if SAMPLE.with_name("datasets").is_dir():
        verified = verify_files(listing, SAMPLE.with_name("datasets") / "gsm8k")
        assert len(list(read_documents(verified, listing.recipe))) == 7473


def sources_are(stated: Any) -> Callable[[dict[str, Any]], object]:
    return lambda metadata: metadata.update({"prov:wasDerivedFrom": stated})


REQUIRED = [
    "name",
    "version",
    "description",
    "creator",
    "license",
    "datePublished",
    "url",
    "inLanguage",
    "rai:dataCollection",
    "rai:personalSensitiveInformation",
    "usageInfo",
    "tex:dataLevel",
    "tex:datasetClass",
    "recordSet",
]


@pytest.mark.parametrize("key", REQUIRED)
def test_what_the_exchange_requires_is_missed_by_name(spoilt: Spoilt, key: str) -> None:
    with pytest.raises(ListingError, match=f"MISSING_FIELD: {key}"):
        read_listing(spoilt(lambda stated: stated.pop(key)))


def test_licence_evidence_is_left_to_the_gate(spoilt: Spoilt) -> None:
    assert read_listing(spoilt(lambda stated: stated.pop("rai:dataLicenseEvidence"))).evidence == ()


@pytest.mark.parametrize("stated", [None, [], ""])
def test_a_listing_without_sources_is_left_to_the_gate(spoilt: Spoilt, stated: Any) -> None:
    assert read_listing(spoilt(sources_are(stated))).sources == ()
    assert read_listing(spoilt(lambda metadata: metadata.pop("prov:wasDerivedFrom"))).sources == ()


@pytest.mark.parametrize("stated", [5, [None], [{"license": "MIT"}], [{"@id": "a", "license": ["MIT", "X11"]}]])
def test_a_source_that_is_stated_badly_is_not_passed_over(spoilt: Spoilt, stated: Any) -> None:
    assert refusal(spoilt(sources_are(stated))) == "MISSING_FIELD"


@pytest.mark.parametrize(
    "received",
    [
        b"",
        b"{",
        b"[]",
        b"\xff{}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
        b"[" * 200_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": [' + b"1," * 30_000 + b"1]}",
        b" " * (2**20 + 1),
    ],
)
def test_bad_json_is_refused_as_such(received: bytes) -> None:
    assert refusal(received) == "BAD_JSON"


@pytest.mark.parametrize(
    "change",
    [
        lambda stated: stated.pop("@context"),
        lambda stated: stated.update({"@context": "http://localhost:9/context.json"}),
        lambda stated: stated.update({"@context": [{}, "http://localhost:9/context.json"]}),
        lambda stated: stated["@context"].update({"@import": "http://localhost:9/context.json"}),
        lambda stated: stated["@context"].update({"x": {"@id": "y:z", "@context": "http://localhost:9/"}}),
        lambda stated: stated["creator"].update({"@context": "http://localhost:9/context.json"}),
        lambda stated: stated["@context"].update({"license": "tex:something-else"}),
        lambda stated: stated["@context"].update({"tex": "https://elsewhere.invalid/"}),
        lambda stated: stated["@context"].update({"@vocab": "http://schema.org/"}),
    ],
)
def test_a_context_that_is_remote_or_bends_a_word_is_refused(
    spoilt: Spoilt, change: Callable[[dict[str, Any]], object]
) -> None:
    assert refusal(spoilt(change)) == "BAD_CONTEXT"


@pytest.mark.parametrize(
    "change",
    [
        lambda stated: stated.update({"@type": "sc:Book"}),
        lambda stated: stated.update({"conformsTo": "http://mlcommons.org/croissant/1.0"}),
        lambda stated: stated.update({"distribution": 5}),
        lambda stated: stated["distribution"][0].pop("sha256"),
        lambda stated: stated["distribution"][0].update({"contentUrl": {"@id": "x"}}),
        lambda stated: stated.update({"recordSet": [[1]]}),
        lambda stated: stated["recordSet"][0]["field"][0]["source"]["fileObject"].update({"@id": "nowhere"}),
    ],
)
def test_what_the_croissant_validator_refuses_is_refused(
    spoilt: Spoilt, change: Callable[[dict[str, Any]], object]
) -> None:
    assert refusal(spoilt(change)) == "BAD_CROISSANT"


def test_references_that_multiply_or_go_in_circles_are_refused_before_they_are_followed(spoilt: Spoilt) -> None:
    def doubling(stated: dict[str, Any]) -> None:
        stated["tex:bomb"] = [
            {
                "@id": f"n{i}",
                "tex:a": {"@id": f"n{i + 1}"},
                "tex:b": {"@id": f"./n{i + 1}"},
                "tex:c": {"@id": f"n{i + 1}"},
            }
            for i in range(30)
        ]

    def circle(stated: dict[str, Any]) -> None:
        stated["tex:circle"] = [{"@id": "a", "tex:to": {"@id": "b"}}, {"@id": "b", "tex:to": {"@id": "a"}}]

    def branching(stated: dict[str, Any]) -> None:
        stated["tex:bomb"] = [
            {"@id": f"n{i}", **{f"tex:k{k}": {"@id": f"n{i + 1}"} for k in range(4)}} for i in range(12)
        ]

    assert refusal(spoilt(doubling)) == "BAD_CROISSANT"
    assert refusal(spoilt(circle)) == "BAD_CROISSANT"
    assert refusal(spoilt(branching)) == "BAD_CROISSANT"


@pytest.mark.parametrize("url", ["/etc/passwd", "../up", "a/../../b", "https://host/file", "C:\\file", "a\0b", "a\nb"])
def test_an_unsafe_path_is_refused(spoilt: Spoilt, url: str) -> None:
    change = {"@id": "data", "contentUrl": url}
    received = spoilt(lambda stated: stated["distribution"][1].update(change))
    assert refusal(received) == "UNSAFE_PATH"


def test_evidence_has_to_lie_in_the_folder_too(spoilt: Spoilt) -> None:
    assert refusal(spoilt(lambda stated: stated.update({"tex:consentEvidence": ["../x"]}))) == "UNSAFE_PATH"
    assert refusal(spoilt(lambda stated: stated.update({"tex:evidence": {"licence-file": "x"}}))) == "BAD_FIELD"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("license", "all rights reserved", "BAD_LICENCE"),
        ("license", ["https://spdx.org/licenses/MIT.html", "Apache-2.0"], "BAD_LICENCE"),
        ("datePublished", "yesterday", "BAD_CROISSANT"),
        ("datePublished", "2021-11", "BAD_FIELD"),
        ("tex:dataLevel", "secret-ish", "BAD_FIELD"),
        ("tex:datasetClass", "gold", "BAD_FIELD"),
        ("tex:lotRtu", -1, "BAD_FIELD"),
        ("tex:lotRtu", True, "BAD_FIELD"),
        ("tex:copies", "3", "BAD_FIELD"),
        ("tex:copies", 2**50, "BAD_FIELD"),
        ("prov:wasDerivedFrom", [{"@id": "a", "license": "?"}], "BAD_LICENCE"),
        ("prov:wasDerivedFrom", [{"@id": "a", "tex:acquisition": "found"}], "BAD_FIELD"),
    ],
)
def test_a_value_outside_what_is_allowed_is_refused(spoilt: Spoilt, key: str, value: Any, code: str) -> None:
    assert refusal(spoilt(lambda stated: stated.update({key: value}))) == code


def test_the_terms_may_be_written_out_as_iris(spoilt: Spoilt) -> None:
    def change(stated: dict[str, Any]) -> None:
        permission(stated)["odrl:action"] = {"@id": "http://www.w3.org/ns/odrl/2/use"}

    assert read_listing(spoilt(change)).terms.territory == ("CN",)


def permission(stated: dict[str, Any]) -> Any:
    return stated["usageInfo"]["odrl:permission"][0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda stated: permission(stated).pop("odrl:constraint"), "MISSING_FIELD"),
        (lambda stated: stated["usageInfo"]["odrl:permission"].append(permission(stated)), "UNSUPPORTED_TERMS"),
        (lambda stated: permission(stated).update({"odrl:action": {"@id": "odrl:sell"}}), "UNSUPPORTED_TERMS"),
        (
            lambda stated: permission(stated)["odrl:constraint"][0].update({"odrl:operator": {"@id": "odrl:neq"}}),
            "UNSUPPORTED_TERMS",
        ),
        (
            lambda stated: permission(stated)["odrl:constraint"][1].update({"odrl:leftOperand": {"@id": "odrl:count"}}),
            "UNSUPPORTED_TERMS",
        ),
        (
            lambda stated: permission(stated)["odrl:constraint"].append(permission(stated)["odrl:constraint"][0]),
            "UNSUPPORTED_TERMS",
        ),
        (
            lambda stated: permission(stated)["odrl:constraint"][0].update({"odrl:rightOperand": ["tex:anything"]}),
            "BAD_FIELD",
        ),
    ],
)
def test_terms_that_the_gate_could_not_enforce_are_refused(
    spoilt: Spoilt, change: Callable[[dict[str, Any]], object], code: str
) -> None:
    assert refusal(spoilt(change)) == code


def test_no_text_of_a_vendor_gets_into_the_log(
    spoilt: Spoilt, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated.pop("citeAs")
        stated["tex:source"] = {"@id": "http://no<iri>"}

    assert read_listing(spoilt(change)).name == "gsm8k"
    assert (caplog.text, *capfd.readouterr()) == ("", "", "")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


JUNK = st.sampled_from(
    [None, True, -1, 2**70, 1.5, "", " ", "x", "../x", "@id", [], {}, [[]], {"@id": 5}, {"@list": [1]}]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_junk_anywhere_gives_a_listing_or_a_named_refusal(metadata: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(metadata))
    *way, last = data.draw(st.sampled_from(places(changed)[1:]))
    target = changed
    for key in way:
        target = target[key]
    target[last] = data.draw(JUNK)
    with contextlib.suppress(ListingError):
        listing = read_listing(json.dumps(changed).encode())
        assert listing.name
        assert listing.files
        assert listing.recipe.files


def test_a_description_in_several_languages_is_read_in_english(spoilt: Spoilt) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["@context"]["description"] = {"@container": "@language"}
        stated["description"] = {"zh": "数学题", "en": "Problems"}

    assert read_listing(spoilt(change)).description == "Problems"
