"""The sections of an assay's page, each a card: a heading, a sentence for who never saw one, and the facts."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from exchange.assay.grade import DIMENSIONS, GRADE_FLOORS_PPM, INDICATORS, ONE_PPM, UNGRADED
from exchange.assay.markup import Markup, joined, tag
from exchange.assay.plots import Bar, Column, Mark, bar_chart, column_chart, short
from exchange.assay.words import KIND_PREFIX

Body = Mapping[str, Any]
_MARKS = [Mark(name, floor) for name, floor in reversed(GRADE_FLOORS_PPM)]
_CLUSTER_BIN = itemgetter("from_documents", "clusters", "documents")
_LENGTH_BIN = itemgetter("from_rtu", "documents", "rtu")
_CLUSTER_AXIS = "size from this number to twice it; height: clusters"
_LENGTH_AXIS = "tokens in a document, from this number to twice it"
_STATED = {
    "licence_said_by": "Licence named by",
    "collection": "Collection",
    "personal_data": "Personal data, as stated",
    "date_published": "Published",
    "files": "Files",
    "files_sha256": "Hash over the files' hashes",
    "metadata_sha256": "Metadata, SHA-256",
}
_KINDS = {
    "aws_access_key": "AWS access key",
    "assigned_secret": "password or key in an assignment",
    "bank_card": "bank card number",
    "cn_mobile": "Chinese mobile number",
    "cn_resident_id": "Chinese resident identity number",
    "cn_uscc": "organisation's credit code",
    "environment_secret": "password or key in a settings line",
    "email": "e-mail address",
    "github_token": "GitHub token",
    "google_api_key": "Google API key",
    "iban": "bank account number (IBAN)",
    "ipv4": "public IPv4 address",
    "passport_mrz": "passport line",
    "private_key": "private key",
    "slack_token": "Slack token",
    "stripe_key": "Stripe key",
    "web_token": "web token",
}


class Example(NamedTuple):
    """A masked finding and its place: `offset` in characters of the document, from 0."""

    path: str
    record: int
    offset: int
    masked: str


def percent(ppm: int) -> str:
    """Parts per million as per cent with two decimals, cut, so that nothing is shown better than it is."""
    return f"{ppm // 10_000}.{ppm % 10_000 // 100:02d} %"


def utc(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M UTC")


def card(heading: str, told: str, *content: Markup) -> Markup:
    return tag("section", tag("h2", heading), tag("p", told), *content)


def facts_list(facts: Sequence[tuple[str, str | Markup]]) -> Markup:
    """Names and values; hashes are set so that they break and compare well."""
    pairs = [joined(tag("dt", name), tag("dd", _value(value))) for name, value in facts]
    return tag("dl", *pairs, class_="facts")


def dimensions(body: Body) -> Markup:
    scores = body["dimension_scores_ppm"]
    bars = [
        Bar(name, scores[name], percent(scores[name]), _floor(scores[name])) for name in DIMENSIONS if name in scores
    ]
    missing = [name for name in DIMENSIONS if name not in scores]
    told = "The weakest of the dimensions gives the grade; a lethal defect cannot be averaged away."
    if missing:
        told += f" Not measured, which caps the grade at G2: {', '.join(missing)}."
    return card("Dimensions against the grades", told, bar_chart("Dimensions", bars, _MARKS))


def indicators(body: Body) -> Markup:
    bars = [
        Bar(f"{row['code']} {row['name']}", row["score_ppm"], percent(row["score_ppm"]), _floor(row["score_ppm"]))
        for row in body["indicators"]
    ]
    told = "The share of documents, tokens or fields without a defect. The lines are the floors of the grades."
    return card("Indicators against the grades", told, bar_chart("Indicators", bars, _MARKS))


def lengths(body: Body) -> Markup:
    columns = [
        Column(_start(start), count, f"{_span(start)} tokens: {count:,} documents")
        for start, count, _ in map(_LENGTH_BIN, body["length_histogram"])
    ]
    told = "How many documents are how long. One token is a piece of text of a fixed public vocabulary (RTU-1)."
    return card("Documents by length", told, column_chart("Documents by length", columns, _LENGTH_AXIS))


def tokens_by_length(body: Body) -> Markup:
    columns = [
        Column(_start(start), rtu, f"documents of {_span(start)} tokens: {rtu:,} tokens in all")
        for start, _, rtu in map(_LENGTH_BIN, body["length_histogram"])
    ]
    told = "The same documents by what they weigh: where the tokens that are sold stand."
    return card("Tokens by length of document", told, column_chart("Tokens by length", columns, _LENGTH_AXIS))


def duplicate_clusters(body: Body) -> Markup:
    told = "Documents that repeat another, word for word or nearly (at least 0.7 of their shingles in common)."
    facts = [(f"{name.capitalize()} duplicates", _repeated(body["duplicates"], name)) for name in ("exact", "near")]
    columns = [
        Column(_start(start), clusters, f"{clusters:,} clusters of {_span(start)} documents, {documents:,} in all")
        for start, clusters, documents in map(_CLUSTER_BIN, body["near_clusters"])
    ]
    plot = column_chart("Clusters by size", columns, _CLUSTER_AXIS)
    return card("Duplicates", told, facts_list(facts), plot if columns else joined())


def languages(body: Body) -> Markup:
    counts = sorted(body["languages"].items(), key=lambda item: (-item[1], item[0]))
    bars = [Bar(name, _ppm(count, body["documents"]), _documents(count)) for name, count in counts]
    told = "By script, and by a model from the first characters; und is a document with too little text to tell."
    return card("Languages", told, bar_chart("Languages", bars))


def rules(body: Body) -> Markup:
    counts = sorted(body["rule_failures"].items(), key=lambda item: (-item[1], item[0]))
    bars = [Bar(name, _ppm(count, body["documents"]), _documents(count)) for name, count in counts]
    told = f"Documents that break a rule of the profile {body['profile']}; each rule has its source in the reference."
    plot = bar_chart("Broken rules", bars) if bars else tag("p", "No document breaks a rule.")
    return card("Quality rules", told, plot)


def words(body: Body, examples: Mapping[str, Sequence[Example]] | None) -> Markup:
    listed, found = body["word_list"], body["words"]
    told = "Words of a list that the operator supplies; places and texts are masked as for personal data."
    if not listed:
        return card("Sensitive words", told, tag("p", "No list was given, so none were looked for."))
    facts = [
        ("Words in the list", f"{listed['words']:,}"),
        ("SHA-256 of the list", listed["sha256"]),
        ("Documents with one", f"{found['documents']:,} of {body['documents']:,}"),
    ]
    rows = [
        _finding_row(name, KIND_PREFIX + name, count, examples) for name, count in sorted(found["categories"].items())
    ]
    return card("Sensitive words", told, facts_list(facts), _findings_table("Category", rows))


def findings(body: Body, examples: Mapping[str, Sequence[Example]] | None) -> Markup:
    kinds = sorted(body["privacy"]["kinds"].items(), key=lambda item: (-item[1], item[0]))
    told = "Found by pattern, checksum and the words around it. Nothing clear is shown."
    if not kinds:
        return card("Personal data and secrets", told, tag("p", "None was found."))
    privacy = body["privacy"]
    summary = (
        f"{privacy['personal']:,} of personal data, of them {privacy['sensitive']:,} sensitive; "
        f"{privacy['secrets']:,} secrets. "
    )
    if examples is None:
        summary += "Masked examples with their places are in the vendor's own report."
    rows = [_finding_row(_KINDS.get(kind, kind), kind, count, examples) for kind, count in kinds]
    return card("Personal data and secrets", told, tag("p", summary), _findings_table("Kind", rows))


def provenance(body: Body) -> Markup:
    stated = body["provenance"]
    told = "What the vendor states of where the data comes from, and which evidence was there when it was measured."
    if not stated:
        return card("Provenance and licence", told, tag("p", "Nothing was stated."))
    sources = [
        f"{row['id']} ({row.get('licence', 'no licence stated')}, {row['acquisition']})"
        for row in stated.get("sources", [])
    ]
    evidence = [f"{row['kind']}: {row['path']}, SHA-256 {row['sha256']}" for row in stated.get("evidence", [])]
    evidence += [f"{path} was named and not given" for path in stated.get("evidence_missing", [])]
    lists = (("Derived from", sources, "no source is stated"), ("Evidence", evidence, "none was given"))
    facts = [("Licence", _value(stated.get("licence", "none is stated")))]
    facts += [(name, _lines(values, otherwise)) for name, values, otherwise in lists]
    facts += [(title, _value(str(stated[name]))) for name, title in _STATED.items() if name in stated]
    return card("Provenance and licence", told, facts_list(facts))


def documents_taken(body: Body) -> Markup:
    told = "How documents are taken out of the files: enough to take the same ones again."
    facts = [(name.replace("_", " "), _spelt(value)) for name, value in sorted(body["taken"].items())]
    bad = ", ".join(f"{code} {count:,}" for code, count in sorted(body["bad_documents"].items()))
    return card("Recipe of documents", told, facts_list([*facts, ("could not be read", bad or "none")]))


def indicator_table(body: Body) -> Markup:
    rows = [
        (row["code"], row["dimension"], row["name"], row["n"], row["defects"], percent(row["score_ppm"]), row["basis"])
        for row in body["indicators"]
    ]
    missing = ", ".join(f"{code} {INDICATORS[code][1]}" for code in body["unmeasured_indicators"])
    told = "Of a sample the score is a lower bound with 95 % confidence on one side; of a full scan it is exact."
    names = ("Code", "Dimension", "Indicator", "Looked at", "Defects", "Score", "Basis")
    table = _table(names, rows, numbers=frozenset({3, 4, 5}))
    return card("Indicator table", told, table, tag("p", f"Not measured: {missing}.", class_="soft"))


def measured_with(body: Body) -> Markup:
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(body["libraries"].items()))
    facts = [
        ("Code, SHA-256", body["code_sha256"]),
        ("Vocabulary, SHA-256", body["vocabulary_sha256"]),
        ("Libraries", libraries),
    ]
    rows = [(name, value) for name, value in sorted(body["parameters"].items())]
    details = tag("details", tag("summary", "Parameters"), _table(("Parameter", "Value"), rows))
    return card("Measured with", "Everything that a number depends on beside the data.", facts_list(facts), details)


def _finding_row(
    name: str, kind: str, count: int, examples: Mapping[str, Sequence[Example]] | None
) -> tuple[Markup, ...]:
    shown = (examples or {}).get(kind, ())
    places = [
        tag("div", tag("code", each.masked), " in ", tag("bdi", each.path), f", record {each.record}, at {each.offset}")
        for each in shown
    ]
    return joined(name), joined(f"{count:,}"), joined(*places)


def _findings_table(first: str, rows: Sequence[tuple[Markup, ...]]) -> Markup:
    if not rows:
        return tag("p", "None was found.")
    return _table((first, "Found", "Masked examples"), rows, numbers=frozenset({1}))


def _table(names: Sequence[str], rows: Sequence[Sequence[str | int]], numbers: frozenset[int] = frozenset()) -> Markup:
    kinds = ["number" if place in numbers else "" for place in range(len(names))]
    head = [tag("th", name, class_=kind, scope="col") for name, kind in zip(names, kinds, strict=True)]
    lines = [
        tag("tr", *(tag("td", _cell(value), class_=kind) for value, kind in zip(row, kinds, strict=True)))
        for row in rows
    ]
    return tag("div", tag("table", tag("thead", tag("tr", *head)), tag("tbody", *lines)), class_="scroll")


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def _value(value: str | Markup) -> Markup:
    if isinstance(value, Markup):
        return value
    is_hash = len(value) == 64 and not set(value) - set("0123456789abcdef")
    return tag("span", value, class_="hash") if is_hash else tag("bdi", value)


def _spelt(value: Any) -> str:
    """Text as it is where it can be seen; what is blank or has parts, in its JSON spelling."""
    return value if isinstance(value, str) and value.strip() else json.dumps(value, ensure_ascii=False)


def _lines(values: Sequence[str], otherwise: str) -> Markup:
    return joined(*(tag("div", tag("bdi", value)) for value in values)) if values else joined(otherwise)


def _repeated(repeats: Mapping[str, int], name: str) -> str:
    return f"{repeats[f'{name}_documents']:,} documents, {percent(repeats[f'{name}_rtu_ppm'])} of the tokens"


def _floor(ppm: int) -> str:
    return next((name for name, floor in GRADE_FLOORS_PPM if ppm >= floor), UNGRADED)


def _ppm(part: int, whole: int) -> int:
    return part * ONE_PPM // whole


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count:,} documents"


def _start(first: int) -> str:
    return short(first) if first < 1_024 else f"{first // 1_024}Ki" if first < 1 << 20 else f"{first >> 20}Mi"


def _span(first: int) -> str:
    return f"{first:,}" if first < 2 else f"{first:,} to {2 * first - 1:,}"
