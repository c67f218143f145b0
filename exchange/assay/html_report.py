"""One page of HTML that a vendor sends to a buyer: everything in an assay's body, in plots, tables and plain words.

It stands alone: no script, no address that a browser would fetch, styles and plots inside. Nothing in it shows a clear
value of personal data or a secret. The same body gives the same page.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from exchange.assay import html_sections as sections
from exchange.assay.certificate import body_digest
from exchange.assay.html_parts import card, facts_list, utc
from exchange.assay.markup import Markup, joined, tag
from exchange.assay.page_style import STYLE
from exchange.assay.pipeline import AssayResult
from exchange.assay.report import percent

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy of the page: were markup to slip through after all, nothing in it could act."""
EXAMPLES_PER_KIND = 3

_HARD_FAILURES = {
    "SECRET_FOUND": "a secret, such as a key or a password, is in a document",
    "PERSONAL_DATA_UNREMEDIATED": "personal data is in a document, and no consent was shown",
    "MISSING_LICENCE_EVIDENCE": "the text of the licence was not given",
    "HASH_MISMATCH": "a file is not the one that the metadata names",
    "TOKENIZER_DISAGREEMENT": "two independent implementations count a document differently",
    "SENSITIVE_WORDS_OVER_LIMIT": "more documents than allowed hold words of the operator's list",
}


class CertificateFacts(NamedTuple):
    """What stands round a signed body: digests and key in hex, times as Unix seconds."""

    digest: str
    assayer: str
    issued_at_s: int
    expires_at_s: int


def html_page(
    body: Mapping[str, Any],
    examples: Mapping[str, Sequence[sections.Example]] | None = None,
    certificate: CertificateFacts | None = None,
) -> str:
    """The page. `examples` are masked findings by kind, None where they are the vendor's to show."""
    title = f"{body['name']} {body['version']}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"Assay of {title}"),
        tag("style", STYLE),
    )
    plots = [
        sections.dimensions(body),
        sections.indicators(body),
        sections.lengths(body),
        sections.tokens_by_length(body),
        sections.duplicate_clusters(body),
        sections.languages(body),
        sections.rules(body),
        sections.words(body, examples),
    ]
    tables = [
        sections.findings(body, examples),
        sections.vocabularies(body),
        sections.provenance(body),
        sections.documents_taken(body),
        sections.indicator_table(body),
        sections.measured_with(body),
        _signature(body, certificate),
    ]
    head_lines = (_header(body, title), _verdict(body), _figures(body))
    main = tag("main", *head_lines, tag("div", *plots, class_="cards"), *tables)
    return "<!DOCTYPE html>\n" + tag("html", head, tag("body", main), lang="en") + "\n"


def masked_examples(result: AssayResult) -> dict[str, list[sections.Example]]:
    """The first findings of each kind, with their places."""
    examples: dict[str, list[sections.Example]] = {}
    for finding in result.findings:
        shown = examples.setdefault(finding.kind, [])
        if len(shown) < EXAMPLES_PER_KIND:
            document = result.documents[finding.document]
            shown.append(sections.Example(document.path, document.record, finding.offset, finding.masked))
    return examples


def _header(body: Mapping[str, Any], title: str) -> Markup:
    weakest = min(body["dimension_scores_ppm"].values(), default=0)
    told = f"What was measured of this dataset, document by document; kind of data: {body['profile']}."
    return tag(
        "header",
        tag("div", tag("h1", tag("bdi", title)), tag("p", told, class_="soft")),
        tag(
            "div",
            "Grade",
            tag("b", body["grade"]),
            f"weakest dimension {percent(weakest)}",
            class_=f"grade {body['grade']}",
        ),
    )


def _verdict(body: Mapping[str, Any]) -> Markup:
    if not body["hard_failures"]:
        return joined()
    items = [tag("li", tag("code", code), ": ", _HARD_FAILURES[code], ".") for code in body["hard_failures"]]
    return tag("div", tag("b", "Not deliverable as it is."), tag("ul", *items), class_="warning", role="alert")


def _figures(body: Mapping[str, Any]) -> Markup:
    figures = [
        ("Documents", f"{body['documents']:,}"),
        ("of them distinct", f"{body['distinct_documents']:,}"),
        (f"Tokens ({body['rtu_version']})", f"{body['rtu']:,}"),
        ("Largest document, tokens", f"{body['largest_document_rtu']:,}"),
        ("Bytes of text", f"{body['canonical_utf8_bytes']:,}"),
        ("Tokens in near duplicates", percent(body["duplicates"]["near_rtu_ppm"])),
    ]
    pairs = [tag("div", tag("dt", name), tag("dd", value)) for name, value in figures]
    return tag("dl", *pairs, class_="figures")


def _signature(body: Mapping[str, Any], certificate: CertificateFacts | None) -> Markup:
    facts = [
        ("Digest of what was measured", body_digest(body)),
        ("Merkle root of the documents", body["merkle_root"]),
        ("Hash over the documents' hashes", body["sha256_of_document_sha256s"]),
    ]
    if certificate is None:
        told = "This page was made by whoever holds the data, and is not signed. An exchange measures again at listing."
    else:
        told = "The exchange measured the files itself, and signed what it found."
        facts += [
            ("Certificate, SHA-256", certificate.digest),
            ("Signed by (Ed25519)", certificate.assayer),
            ("Issued", utc(certificate.issued_at_s)),
            ("Valid until", utc(certificate.expires_at_s)),
        ]
    again = (
        tag("p", "To measure it again, on any machine and with any number of workers:"),
        tag("pre", "tlx assay FOLDER --json"),
        tag(
            "p",
            "The same files with the same code, vocabulary and metadata give the same numbers, byte for byte. "
            "Only the Merkle root also needs the dataset's secret, which keeps short documents from being guessed "
            "from their hashes; whoever takes delivery of a lot gets what it needs, and checks it offline:",
        ),
        tag("pre", "tlx verify FOLDER"),
    )
    return card("Certificate and how to measure again", told, facts_list(facts), *again)
