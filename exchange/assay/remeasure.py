"""A certificate held against documents of its dataset: those of some lots, or all of them.

Of some documents, a count can only be bounded: what was found in them can be no more than the certificate counts in
the whole, and what is sound in them no more than what the certificate leaves sound. Of all of them everything must be
equal, and with the dataset's secret the certificate's whole body comes out again, byte for byte.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

from exchange.assay.certificate import canonical_json
from exchange.assay.errors import CertificateError
from exchange.assay.grade import INDICATORS, ONE_PPM, Measurement, grade_of
from exchange.assay.pipeline import ALONE, AssayResult, ReferenceFiles, Way, assay_documents, code_version
from exchange.vocabulary.documents import BadDocument, Document

How = Literal["equal", "bounds", "at most", "stated", "whole set only"]
MOST_BAD: Final = 10_000_000
"""More bad documents than this no certificate is believed to have."""
FULL_SCAN: Final = "full scan"
_SHAPE: Final[Mapping[str, type]] = {
    **dict.fromkeys(("name", "version", "profile", "declared_language", "grade", "code_sha256"), str),
    **dict.fromkeys(("documents", "rtu", "canonical_utf8_bytes", "distinct_documents", "largest_document_rtu"), int),
    **dict.fromkeys(("taken", "bad_documents", "languages", "duplicates", "privacy", "rule_failures"), dict),
    **dict.fromkeys(("libraries", "dimension_scores_ppm", "provenance", "word_list"), dict),
    **dict.fromkeys(("indicators", "unmeasured_indicators", "hard_failures"), list),
}
_BOUNDED_INDICATORS: Final = ("0202", "0204", "0206")
_FOUND_IN_PART: Final = ("SECRET_FOUND", "TOKENIZER_DISAGREEMENT")


class Fact(NamedTuple):
    """`found` of `looked_at` here, where the certificate has `certified` of `certified_n` in the whole dataset.

    `how` it is held against the certificate: `equal` where all documents are there; `bounds`, both what was found and
    what was not fit into the whole; `at most`, what was found does; `stated`, no text can tell it; `whole set only`, it
    depends on documents that are not there, so it is shown and proves nothing. `fits` is False where it contradicts.
    """

    name: str
    how: How
    found: int
    looked_at: int
    certified: int
    certified_n: int
    fits: bool

    @property
    def whole_ppm(self) -> tuple[int, int] | None:
        """The share of the whole, least and most in ppm, that these documents alone leave possible."""
        if self.how != "bounds" or self.certified_n <= 0:
            return None
        most = self.found + max(self.certified_n - self.looked_at, 0)
        return self.found * ONE_PPM // self.certified_n, -(-most * ONE_PPM // self.certified_n)


class Remeasured(NamedTuple):
    """`part` is the assay of the documents that are there, as if they were a dataset of their own.

    `same_code` is False where the certificate was made by another version of the assay: then a fact that does not fit
    may be the code's doing and not the certificate's.
    """

    part: AssayResult
    facts: list[Fact]
    same_code: bool
    is_whole: bool

    @property
    def contradictions(self) -> list[Fact]:
        return [fact for fact in self.facts if not fact.fits]


def remeasure(
    assay: Mapping[str, Any],
    documents: Sequence[Document],
    reference: ReferenceFiles | None = None,
    way: Way = ALONE,
) -> Remeasured:
    """Assay the documents and hold the certificate's body against it; CertificateError where it is no such body."""
    check_shape(assay)
    part = assay_documents(
        documents,
        name=assay["name"],
        version=assay["version"],
        secret=b"",
        declared=declaration_of(assay),
        reference=reference,
        way=way,
    )
    is_whole = len(documents) == assay["documents"]
    return Remeasured(part, [*_facts(part.body, assay, is_whole)], _same_code(part.body, assay), is_whole)


def reproduce(
    assay: Mapping[str, Any], documents: Iterable[Document], secret: bytes, reference: ReferenceFiles | None = None
) -> dict[str, Any]:
    """The body that all documents and the secret give; equal to `assay`, byte for byte, or `differences` tells where.

    Which files the documents came out of, and what of them could not be read, is taken over as stated.
    """
    check_shape(assay)
    tally: Mapping[str, int] = assay["bad_documents"]
    if sum(tally.values()) > MOST_BAD:
        raise CertificateError("CERTIFICATE_MALFORMED", f"over {MOST_BAD} bad documents")
    bad = (BadDocument("", 0, code, "") for code, count in tally.items() for _ in range(count))
    again = assay_documents(
        chain(documents, bad),
        name=assay["name"],
        version=assay["version"],
        secret=secret,
        declared=declaration_of(assay),
        reference=reference,
    )
    return {**again.body, "taken": assay["taken"]}


def differences(assay: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    """Names under which two bodies differ, none where they are the same bytes."""
    names = sorted(assay.keys() | again.keys())
    return [name for name in names if _spelled(assay, name) != _spelled(again, name)]


def declaration_of(assay: Mapping[str, Any]) -> dict[str, object]:
    """What the vendor declared, as far as the certificate tells it: enough to get the same body again."""
    samples = {row["code"]: (row["n"], row["defects"]) for row in assay["indicators"]}
    declared: dict[str, object] = {
        "class": assay["profile"],
        "language": assay["declared_language"],
        "licence_evidence": "MISSING_LICENCE_EVIDENCE" not in assay["hard_failures"],
        "files_verified": "HASH_MISMATCH" not in assay["hard_failures"],
        "personal_data_consent": "PERSONAL_DATA_UNREMEDIATED" not in assay["hard_failures"],
        "provenance": assay["provenance"],
        "documentation": {code: sample for code, sample in samples.items() if code.startswith("01")},
    }
    if "0205" in samples:
        declared["source_stated"] = samples["0205"][1] == 0
    if "0304" in samples:
        declared["label_sample"] = samples["0304"]
    if "0207" in samples:
        declared["value_sample"] = samples["0207"]
    return declared


def regrade(assay: Mapping[str, Any]) -> bool:
    """Whether the certificate's own indicators give its scores and its grade."""
    rows = assay["indicators"]
    measured = [Measurement(row["code"], row["n"], row["defects"], row["basis"] != FULL_SCAN) for row in rows]
    if [row["score_ppm"] for row in rows] != [row.score_ppm() for row in measured]:
        return False
    again = grade_of(measured)
    stated = (assay["dimension_scores_ppm"], assay["unmeasured_indicators"], assay["grade"])
    return stated == (again.scores_ppm, again.unmeasured, again.grade)


def check_shape(assay: Mapping[str, Any]) -> None:
    """CERTIFICATE_MALFORMED unless everything is there that is measured again, each of its kind."""
    for name, kind in _SHAPE.items():
        if type(assay.get(name)) is not kind:
            raise CertificateError("CERTIFICATE_MALFORMED", f"the assay's {name} is missing or of the wrong kind")
    counts = (assay["bad_documents"], assay["languages"], assay["rule_failures"], assay["privacy"].get("kinds"))
    duplicates = {name: assay["duplicates"].get(f"{name}_documents") for name in ("exact", "near")}
    if not all(isinstance(table, dict) and all(map(_is_count, table.values())) for table in (*counts, duplicates)):
        raise CertificateError("CERTIFICATE_MALFORMED", "a table of the assay counts something else than documents")
    for row in assay["indicators"]:
        if not _is_indicator(row):
            raise CertificateError("CERTIFICATE_MALFORMED", f"no indicator: {str(row)[:100]}")


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_indicator(row: Any) -> bool:
    if not isinstance(row, dict) or row.get("code") not in INDICATORS or not isinstance(row.get("basis"), str):
        return False
    n, defects, score = row.get("n"), row.get("defects"), row.get("score_ppm")
    return _is_count(score) and type(n) is int and type(defects) is int and 0 <= defects <= n > 0


def _facts(part: Mapping[str, Any], whole: Mapping[str, Any], is_whole: bool) -> Iterator[Fact]:
    n, certified_n = part["documents"], whole["documents"]
    yield Fact("documents", "at most", n, n, certified_n, certified_n, n <= certified_n)
    for name in ("rtu", "canonical_utf8_bytes", "distinct_documents", "largest_document_rtu"):
        found, certified = part[name], whole[name]
        yield _fact(name, is_whole, found, n, certified, certified_n, both=False)
    for rule in sorted(part["rule_failures"] | whole["rule_failures"]):
        found, certified = (body["rule_failures"].get(rule, 0) for body in (part, whole))
        yield _fact(f"rule {rule}", is_whole, found, n, certified, certified_n, both=True)
    for language, certified in sorted(whole["languages"].items()):
        if language != "other" and (language in part["languages"] or "other" not in part["languages"]):
            yield _fact(f"language {language}", is_whole, part["languages"].get(language, 0), n, certified, certified_n)
    for kind in sorted(part["privacy"]["kinds"] | whole["privacy"]["kinds"]):
        found, certified = (body["privacy"]["kinds"].get(kind, 0) for body in (part, whole))
        yield _fact(f"personal data {kind}", is_whole, found, n, certified, certified_n, both=False)
    yield from _duplicate_facts(part, whole, is_whole)
    yield from _indicator_facts(part, whole, is_whole)
    for failure in _FOUND_IN_PART:
        found, certified = (int(failure in body["hard_failures"]) for body in (part, whole))
        yield _fact(failure.lower(), is_whole, found, n, certified, certified_n, both=False)
    yield Fact("grade from indicators", "equal", int(regrade(whole)), 1, 1, 1, regrade(whole))


def _duplicate_facts(part: Mapping[str, Any], whole: Mapping[str, Any], is_whole: bool) -> Iterator[Fact]:
    """An exact repeat within the part is one in the whole; near ones are found by comparing with others as well."""
    n, certified_n = part["documents"], whole["documents"]
    for name in ("exact", "near"):
        found, certified = (body["duplicates"][f"{name}_documents"] for body in (part, whole))
        if name == "exact" or is_whole:
            yield _fact(f"{name} duplicates", is_whole, found, n, certified, certified_n, both=False)
        else:
            yield Fact("near duplicates", "whole set only", found, n, certified, certified_n, fits=True)


def _indicator_facts(part: Mapping[str, Any], whole: Mapping[str, Any], is_whole: bool) -> Iterator[Fact]:
    here = {row["code"]: row for row in part["indicators"]}
    same_words = part["word_list"] == whole["word_list"]
    for row in whole["indicators"]:
        code, name = row["code"], f"{row['code']} {row['name']}"
        found = here.get(code, {"n": 0, "defects": 0})
        values = found["defects"], found["n"], row["defects"], row["n"]
        if code.startswith("01") or code in ("0205", "0207", "0304"):
            yield Fact(name, "stated", row["defects"], row["n"], row["defects"], row["n"], fits=True)
        elif code == "0201":
            # Documents that could not be read are counted in it, and are in no lot.
            yield _fact(name, False, *values)
        elif code == "0202" and not same_words:
            yield _fact(name, False, *values, both=False)
        elif code in _BOUNDED_INDICATORS or is_whole:
            yield _fact(name, is_whole, *values)
        else:
            yield Fact(name, "whole set only", *values, fits=True)


def _fact(
    name: str, is_whole: bool, found: int, looked_at: int, certified: int, certified_n: int, *, both: bool = True
) -> Fact:
    """`both`: what was not found is counted in the whole as well."""
    if is_whole:
        return Fact(name, "equal", found, looked_at, certified, certified_n, found == certified)
    fits = found <= certified and (not both or looked_at - found <= certified_n - certified)
    return Fact(name, "bounds" if both else "at most", found, looked_at, certified, certified_n, fits)


def _same_code(part: Mapping[str, Any], whole: Mapping[str, Any]) -> bool:
    return bool(whole["code_sha256"] == code_version() and whole["libraries"] == part["libraries"])


def _spelled(body: Mapping[str, Any], name: str) -> bytes:
    return canonical_json(body[name]) if name in body else b""
