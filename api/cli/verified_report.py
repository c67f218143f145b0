"""What a verification found, for people and for machines."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from rich.console import RenderableType

from api.cli.console import table
from api.cli.evidence_check import CheckedPack, Ruling
from api.cli.verification import Verification, found_by_lot
from exchange.assay.privacy import Finding
from exchange.assay.remeasure import Fact, Remeasured
from exchange.assay.report import percent
from exchange.vocabulary.printing import printable

_HOW: Final = {
    "equal": "measured again, equal",
    "bounds": "measured again, within",
    "at most": "measured again, no more",
    "stated": "stated, not in the text",
    "whole set only": "needs all documents",
}


def lots_table(found: Verification) -> RenderableType:
    rows = [
        [lot.lot, f"{lot.first_index}-{lot.statement.end - 1}", f"{len(lot.documents):,}", f"{lot.actual_rtu:,}", kinds]
        for lot, kinds in ((lot, _kinds(findings)) for lot, findings in found_by_lot(found))
    ]
    bad = [complaint for complaint in found.complaints if complaint.where.startswith("lot ")]
    rows += [[each.where.removeprefix("lot "), "-", "-", "-", each.code] for each in bad]
    columns = ("lot", "documents", "number>", "RTU>", "personal data and secrets, or what is wrong")
    return table("Lots of " + printable(str(found.delivery.certificate.assay.get("name"))), columns, rows)


def facts_table(measured: Remeasured) -> RenderableType:
    """Each fact with what was found here, what is certified, and the share of the whole that the bound leaves."""
    body = measured.part.body
    what = "all documents" if measured.is_whole else "these documents alone"
    columns = ("fact", "how", "here>", "of>", "certified>", "of>", "whole between", "")
    return table(f"Assayed again: {what} are {body['grade']}", columns, [_fact_row(f) for f in measured.facts])


def _fact_row(fact: Fact) -> list[str]:
    between = f"{percent(fact.whole_ppm[0])} and {percent(fact.whole_ppm[1])}" if fact.whole_ppm else ""
    numbers = [f"{value:,}" for value in (fact.found, fact.looked_at, fact.certified, fact.certified_n)]
    return [printable(fact.name), _HOW[fact.how], *numbers, between, "" if fact.fits else "CONTRADICTS"]


def evidence_lines(pack: CheckedPack) -> Iterator[str]:
    """Licence, duties, purposes and decisions, as the pack states them."""
    yield f"Evidence pack {pack.name}: {pack.files} files{'' if pack.complaints else ', each as its manifest says'}."
    if pack.state:
        yield f"  State when the pack was made: {pack.state}."
    if pack.listing is not None:
        listing, terms = pack.listing, pack.listing.terms
        yield f"  Licence: {listing.licence}; by {listing.creator}."
        yield f"  Purposes permitted: {_listed(pack.purposes)}; in {_listed(terms.territory) or 'any territory'}."
        yield f"  Duties: {_listed(terms.duties) or 'none stated'}."
        yield f"  Prohibited: {_listed(terms.prohibitions) or 'nothing stated'}."
        for source in listing.sources:
            yield f"  Source: {source.id}, {source.licence or 'no licence stated'}, {source.acquisition}."
    for ruling in pack.rulings:
        yield f"  Decision to {ruling.action}: {'permitted' if ruling.permitted else 'refused'}."
        for rule, law, text in ruling.rules:
            yield f"    {rule} ({law}): {text}"
    if pack.rulings:
        yield f"  Decided under {len(pack.laws)} rules, of {_articles(pack)}."
    for place, why in sorted(pack.left_out.items()):
        yield f"  Left out: {place}: {why}."


def as_told(found: Verification) -> dict[str, Any]:
    """The same for machines; `verified` is whether nothing at all is wrong."""
    certificate, measured = found.delivery.certificate, found.measured
    return {
        "verified": not found.complaints,
        "complaints": [{"where": c.where, "code": c.code, "detail": c.detail} for c in found.complaints],
        "certificate": {
            "digest": certificate.digest,
            "assayer": found.delivery.signer,
            "name": certificate.assay.get("name"),
            "grade": certificate.assay.get("grade"),
            "merkle_root": certificate.assay["merkle_root"],
            "lots": certificate.lots,
        },
        "lots": [
            {**lot.statement._asdict(), "base": lot.base, "findings": [finding._asdict() for finding in findings]}
            for lot, findings in found_by_lot(found)
        ],
        "measured": None if measured is None else _measured(measured),
        "reproduced": None if found.different is None else not found.different,
        "evidence": [_pack(pack) for pack in found.packs],
    }


def _measured(measured: Remeasured) -> dict[str, Any]:
    facts = [{**fact._asdict(), "whole_ppm": fact.whole_ppm} for fact in measured.facts]
    body = measured.part.body
    return {
        "whole": measured.is_whole,
        "same_code": measured.same_code,
        "grade": body["grade"],
        "scores_ppm": body["dimension_scores_ppm"],
        "facts": facts,
    }


def _pack(pack: CheckedPack) -> dict[str, Any]:
    listing = pack.listing
    terms = None if listing is None else listing.terms
    return {
        "name": pack.name,
        "state": pack.state,
        "licence": listing.licence if listing else None,
        "purposes": pack.purposes,
        "territory": list(terms.territory) if terms else [],
        "duties": list(terms.duties) if terms else [],
        "prohibitions": list(terms.prohibitions) if terms else [],
        "decisions": [_ruling(ruling) for ruling in pack.rulings],
        "rules": [{"rule": rule, "law": law, "text": text} for rule, law, text in pack.laws],
        "left_out": dict(pack.left_out),
        "complaints": [{"code": each.code, "detail": each.detail} for each in pack.complaints],
    }


def _ruling(ruling: Ruling) -> dict[str, Any]:
    rules = [{"rule": rule, "law": law, "text": text} for rule, law, text in ruling.rules]
    return {"action": ruling.action, "permitted": ruling.permitted, "reasons": rules}


def _articles(pack: CheckedPack) -> str:
    return _listed(sorted({law for _, law, _ in pack.laws if law})) or "no law"


def _listed(values: Any) -> str:
    return ", ".join(str(value) for value in values)


def _kinds(findings: list[Finding]) -> str:
    counts = Counter(finding.kind for finding in findings)
    return ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items())) or "none"
