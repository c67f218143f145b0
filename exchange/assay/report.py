"""A readable report of an assay, for a terminal. Nothing in it shows a clear value of personal data or a secret."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from exchange.assay.pipeline import AssayResult
from exchange.assay.privacy import Finding
from exchange.vocabulary.printing import printable

FINDINGS_SHOWN = 20
_GRADE_STYLES = {"G1": "bold green", "G2": "green", "G3": "yellow", "ungraded": "bold red"}


def render(result: AssayResult) -> RenderableType:
    """Grade and hard failures first, then counts, indicators and findings."""
    body = result.body
    parts: list[RenderableType] = [_verdict(body), _counts(body), _indicators(body)]
    if body["rule_failures"]:
        parts.append(_tally(f"Documents against the rules of {body['profile']}", body["rule_failures"]))
    if result.findings:
        parts.append(_findings(result))
    return Group(*parts)


def _text(value: str) -> Text:
    return Text(printable(value))


def percent(ppm: int) -> str:
    """Parts per million as per cent with two decimals, cut, so that nothing is shown better than it is."""
    return f"{ppm // 10_000}.{ppm % 10_000 // 100:02d} %"


def _verdict(body: Mapping[str, Any]) -> Panel:
    text = Text()
    text.append(f"Grade {body['grade']}", _GRADE_STYLES[body["grade"]])
    text.append(f"  ·  profile {body['profile']}  ·  by the weakest of ")
    text.append(", ".join(f"{name} {percent(ppm)}" for name, ppm in sorted(body["dimension_scores_ppm"].items())))
    if body["hard_failures"]:
        text.append("\nNot deliverable: " + ", ".join(body["hard_failures"]), "bold red")
    return Panel(text, title=_text(f"{body['name']} {body['version']}"), title_align="left")


def _counts(body: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False)
    duplicates = body["duplicates"]
    languages = body["languages"]
    rows = [
        ("Documents", f"{body['documents']:,} ({body['distinct_documents']:,} distinct)"),
        (body["rtu_version"], f"{body['rtu']:,} tokens, largest document {body['largest_document_rtu']:,}"),
        ("Other vocabularies", _other_vocabularies(body)),
        ("Canonical text", f"{body['canonical_utf8_bytes']:,} bytes"),
        ("Languages", ", ".join(f"{name} {count:,}" for name, count in languages.items())),
        ("Exact duplicates", _share(duplicates, "exact")),
        ("Near duplicates", _share(duplicates, "near")),
        ("Sensitive words", _words(body)),
        ("Licence", _licence(body["provenance"])),
        ("Merkle root", body["merkle_root"]),
    ]
    for name, value in rows:
        table.add_row(Text(name, "bold"), _text(value))
    return table


def _other_vocabularies(body: Mapping[str, Any]) -> str:
    """Tokens there as a share of the RTU of the same documents."""
    told = sorted(body["other_vocabularies"].items())
    return ", ".join(f"{name} {percent(row['tokens_per_rtu_ppm'])}" for name, row in told)


def _words(body: Mapping[str, Any]) -> str:
    if not body["word_list"]:
        return "not looked for: no list was given"
    return f"in {body['words']['documents']:,} documents, by a list of {body['word_list']['words']:,}"


def _licence(stated: Mapping[str, Any]) -> str:
    evidence = ", ".join(f"{row['kind']} {row['path']}" for row in stated.get("evidence", []))
    return f"{stated.get('licence', 'none is stated')}; evidence: {evidence or 'none was given'}"


def _share(duplicates: Mapping[str, int], name: str) -> str:
    documents, rtu_ppm = duplicates[f"{name}_documents"], duplicates[f"{name}_rtu_ppm"]
    return f"{documents:,} documents, {percent(rtu_ppm)} of the tokens"


def _indicators(body: Mapping[str, Any]) -> Table:
    table = Table(title="Indicators", title_justify="left")
    for column in ("code", "dimension", "indicator"):
        table.add_column(column)
    for column in ("looked at", "defects", "score"):
        table.add_column(column, justify="right")
    for row in body["indicators"]:
        score = percent(row["score_ppm"]) + ("" if row["basis"] == "full scan" else " (bound)")
        table.add_row(row["code"], row["dimension"], row["name"], f"{row['n']:,}", f"{row['defects']:,}", score)
    table.caption = "Not measured: " + ", ".join(body["unmeasured_indicators"])
    return table


def _tally(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(Text(name), f"{count:,}")
    return table


def _findings(result: AssayResult) -> Table:
    """The gravest first: secrets, then sensitive, then other personal data."""
    ranked = sorted(result.findings, key=lambda finding: (finding.category != "secret", not finding.sensitive))
    table = Table(title="Findings, masked", title_justify="left")
    for column in ("kind", "file", "record", "at", "text"):
        table.add_column(column)
    for row in _finding_rows(result, ranked[:FINDINGS_SHOWN]):
        table.add_row(*map(_text, row))
    if len(ranked) > FINDINGS_SHOWN:
        table.caption = f"and {len(ranked) - FINDINGS_SHOWN:,} more"
    return table


def _finding_rows(result: AssayResult, findings: Iterable[Finding]) -> Iterable[tuple[str, ...]]:
    for finding in findings:
        document = result.documents[finding.document]
        yield finding.kind, document.path, str(document.record), str(finding.offset), finding.masked
