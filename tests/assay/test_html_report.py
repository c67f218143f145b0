"""The page for a buyer: it says what was measured, and nothing that a vendor wrote can act in it."""

import re
from html.parser import HTMLParser

import pytest
from assayed import RESIDENT_ID, SECRET, documents, questions

from exchange.assay.body import HardFailure
from exchange.assay.html_report import POLICY, CertificateFacts, html_page, masked_examples
from exchange.assay.pipeline import ReferenceFiles, assay_documents
from exchange.assay.privacy import RECOGNISERS
from exchange.assay.secrets import SECRET_PATTERNS

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>"
ORIGIN = {
    "metadata_sha256": "ab" * 32,
    "licence": HOSTILE,
    "sources": [{"id": f"https://example.org/{HOSTILE}", "acquisition": "open"}],
    "sources_stated": 1,
    "evidence": [{"kind": "licence-file", "path": HOSTILE, "sha256": "cd" * 32}],
    "evidence_given": 1,
    "evidence_missing": [HOSTILE],
    "collection": HOSTILE,
    "personal_data": "\u202egpj.exe\x00",
    "date_published": "2026-01-01",
    "files": 2,
    "files_sha256": "ef" * 32,
}


class Reader(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def assayed(*texts, name="house", path="data.jsonl", words=None, **declared):
    return assay_documents(
        documents(*texts, path=path),
        name=name,
        version="2026-1",
        secret=SECRET,
        declared={"class": "qa-sft", "licence_evidence": True, **declared},
        reference=ReferenceFiles(words=words),
    )


def page_of(result, **options):
    return html_page(result.body, masked_examples(result), **options)


def test_the_page_tells_grade_counts_indicators_and_hashes():
    result = assayed(*questions(12), *questions(2), language="en")
    read = Reader(page_of(result))
    body = result.body
    for told in ("house 2026-1", "UNGRADED" if body["grade"] == "ungraded" else body["grade"], f"{body['rtu']:,}"):
        assert told in read.text
    for told in (
        body["merkle_root"],
        body["code_sha256"],
        body["vocabulary_sha256"],
        "0208 cleanliness",
        "o200k_base",
        "tlx assay",
    ):
        assert told in read.text
    assert "o200k_base" in read.text
    assert not read.open
    assert read.tags.count("svg") == 6
    assert "2 clusters of 2 to 3 documents" in read.text


def test_nothing_a_vendor_wrote_can_act_in_the_page(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text(f"[{HOSTILE[:25]}]\nforbidden\n", encoding="utf-8")
    texts = [*questions(3), f"Who?\n{RESIDENT_ID} {HOSTILE}", "What is\nforbidden", "Mail\nli.wei@qq.com"]
    result = assayed(*texts, name=HOSTILE, path=HOSTILE, words=words, provenance=ORIGIN)
    page = page_of(result)
    read = Reader(page)
    assert not read.open
    assert set(read.tags).isdisjoint({"script", "img", "iframe", "object", "embed", "link", "a", "base", "form"})
    assert not [name for name, _ in read.attributes if name.startswith("on") or name in {"href", "src", "srcdoc"}]
    assert HOSTILE not in page
    assert read.text.count(HOSTILE) >= 6
    assert not re.search(r"[\x00-\x08\u202e]", page)


def test_the_page_fetches_nothing():
    page = page_of(assayed(*questions(3)))
    assert f'content="{POLICY}"'.replace("'", "&#x27;") in page
    assert not re.search(r"url\(|@import|src=|href=", page)


def test_findings_are_shown_masked_with_their_places():
    result = assayed(*questions(3), f"Who?\n{RESIDENT_ID}", *(f"Mail {n}?\nli{n}@qq.com" for n in range(9)))
    read = Reader(page_of(result))
    assert RESIDENT_ID not in read.text
    assert "qq.com" not in read.text
    assert "11***************X in data.jsonl, record 3, at 5" in read.text
    assert read.text.count("l***@***.com") == 3
    assert "PERSONAL_DATA_UNREMEDIATED" in read.text


def test_where_the_examples_are_not_ours_to_show_the_page_says_so():
    result = assayed(*questions(3), "Mail?\nli.wei@qq.com")
    text = Reader(html_page(result.body)).text
    assert "l***@***.com" not in text
    assert "in the vendor's own report" in text


def test_a_certified_page_names_its_certificate():
    facts = CertificateFacts("aa" * 32, "bb" * 32, 0, 86_400)
    text = Reader(page_of(assayed(*questions(3)), certificate=facts)).text
    assert "aa" * 32 in text
    assert "1970-01-02 00:00 UTC" in text
    assert "is not signed" not in text


@pytest.mark.parametrize("failure", HardFailure.__args__)
def test_every_hard_failure_has_its_sentence(failure):
    body = assayed(*questions(3)).body | {"hard_failures": [failure]}
    assert f"{failure}: " in Reader(html_page(body)).text


@pytest.mark.parametrize("kind", [each.kind for each in (*RECOGNISERS, *SECRET_PATTERNS)])
def test_every_kind_of_finding_has_a_name(kind):
    body = assayed(*questions(3)).body
    body = body | {"privacy": body["privacy"] | {"kinds": {kind: 1}}}
    section = html_page(body).partition("Personal data and secrets")[2].partition("</section>")[0]
    assert f"<td>{kind}</td>" not in section
    assert "<td></td>" not in section.partition("Masked examples")[2].partition("<td")[0]


def test_the_same_body_gives_the_same_page():
    assert page_of(assayed(*questions(5))) == page_of(assayed(*questions(5)))
