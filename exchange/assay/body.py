"""The body of a certificate: one dataset's facts summed up, with everything needed to measure them again."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from operator import add, and_
from typing import Any

from exchange.assay import duplicates as near
from exchange.assay import language, novelty, quality, shingles, sketches, tokens
from exchange.assay import words as sensitive
from exchange.assay.account import Account
from exchange.assay.declaration import Declaration
from exchange.assay.distributions import cluster_histogram, length_histogram
from exchange.assay.duplicates import Duplicates
from exchange.assay.grade import INDICATORS, ONE_PPM, HardFailure, Measurement, grade_of
from exchange.assay.privacy import LOW_GRADE_KINDS, Finding
from exchange.assay.scan import ScannedDocument
from exchange.assay.vocabularies import VOCABULARIES
from exchange.vocabulary.merkle import merkle_root

LANGUAGES_LISTED = 8


def assay_body(
    scanned: Sequence[ScannedDocument],
    repeats: Duplicates,
    declaration: Declaration,
    profile: str,
    heading: Mapping[str, Any],
    account: Account | None = None,
) -> dict[str, Any]:
    """Integers, strings, lists and objects only. `heading` adds name, version and what identifies the code."""
    account = account or Account()
    measurements = measure(scanned, repeats, declaration, profile, account)
    grading = grade_of(measurements)
    rtu = sum(document.rtu for document in scanned)
    return {
        **heading,
        "rtu_version": tokens.RTU_VERSION,
        "vocabulary_sha256": tokens.VOCABULARY_SHA256,
        "taken": account.statement(),
        "documents": len(scanned),
        "bad_documents": account.bad_tally(),
        "distinct_documents": len(scanned) - sum(repeats.exact),
        "canonical_utf8_bytes": sum(document.utf8_bytes for document in scanned),
        "rtu": rtu,
        "other_vocabularies": _other_vocabularies(scanned),
        "largest_document_rtu": max(document.rtu for document in scanned),
        "length_histogram": length_histogram(document.rtu for document in scanned),
        "sha256_of_document_sha256s": _sha256_of_sha256s(scanned),
        "merkle_root": merkle_root(document.leaf for document in scanned).hex(),
        "languages": _languages(scanned),
        "duplicates": _duplicates(scanned, repeats, rtu),
        "near_clusters": cluster_histogram(repeats.clusters),
        "privacy": _privacy(scanned),
        "words": _words(scanned),
        "declared_language": declaration.language,
        "profile": profile,
        "rule_failures": dict(Counter(rule for document in scanned for rule in document.failed)),
        "indicators": [_indicator(measurement) for measurement in measurements if measurement.n],
        "unmeasured_indicators": grading.unmeasured,
        "dimension_scores_ppm": grading.scores_ppm,
        "grade": grading.grade,
        "hard_failures": list(hard_failures(scanned, declaration)),
        "provenance": dict(declaration.provenance),
        "parameters": _parameters(),
    }


def measure(
    scanned: Sequence[ScannedDocument],
    repeats: Duplicates,
    declaration: Declaration,
    profile: str,
    account: Account | None = None,
) -> list[Measurement]:
    """Every indicator a machine can measure, in order of code. Those with n = 0 were not measured.

    Bad documents, which could not be read, count with the broken ones.
    """
    account = account or Account()
    bad_documents, values = account.bad_documents, declaration.value_sample or account.kinds.sample()
    every = len(scanned)
    filled = bytearray(document.utf8_bytes > 0 for document in scanned)
    unclean = bytearray(
        d.garbled or bool(d.failed) or bool(flag) for d, flag in zip(scanned, repeats.near, strict=True)
    )
    measurements = [Measurement(code, *sample) for code, sample in sorted(declaration.documentation.items())]
    measurements += [
        Measurement("0201", every + bad_documents, sum(document.garbled for document in scanned) + bad_documents),
        Measurement("0202", every, sum(any(map(is_grave, document.findings)) for document in scanned)),
        Measurement("0204", every, every - sum(filled)),
    ]
    if declaration.source_stated is not None:
        measurements.append(Measurement("0205", every, 0 if declaration.source_stated else every))
    if declaration.language and profile != "code":
        measurements.append(_language_consistency(scanned, declaration.language))
    measurements += [
        Measurement("0207", *values),
        Measurement(
            "0208",
            sum(document.rtu for document in scanned),
            sum(document.rtu for document, flag in zip(scanned, unclean, strict=True) if flag),
        ),
        Measurement("0301", sum(filled), sum(map(and_, filled, repeats.near))),
    ]
    if declaration.label_sample is not None:
        measurements.append(Measurement("0304", *declaration.label_sample, sampled=True))
    return measurements


def is_grave(finding: Finding) -> bool:
    """Whether a finding alone makes its document unsafe: a secret, a sensitive word, personal data not of low grade."""
    return finding.category in {"secret", "word"} or (
        finding.category == "personal" and finding.kind not in LOW_GRADE_KINDS
    )


def hard_failures(scanned: Sequence[ScannedDocument], declaration: Declaration) -> list[HardFailure]:
    """What makes every lot of the dataset undeliverable, whatever its grade."""
    grave = {finding.category for document in scanned for finding in document.findings if is_grave(finding)}
    personal = "personal" in grave
    limit_ppm = sensitive.DOCUMENTS_LIMIT_PPM
    failures: list[tuple[HardFailure, bool]] = [
        ("SECRET_FOUND", "secret" in grave),
        ("PERSONAL_DATA_UNREMEDIATED", personal and not declaration.personal_data_consent),
        ("MISSING_LICENCE_EVIDENCE", not declaration.licence_evidence),
        ("HASH_MISMATCH", declaration.files_verified is False),
        ("TOKENIZER_DISAGREEMENT", any(document.rtu != document.second_rtu for document in scanned)),
        ("SENSITIVE_WORDS_OVER_LIMIT", _documents_with_words(scanned) * ONE_PPM > limit_ppm * len(scanned)),
    ]
    return [name for name, happened in failures if happened]


def _language_consistency(scanned: Sequence[ScannedDocument], declared: str) -> Measurement:
    primary = declared.partition("-")[0].lower()
    judged = Counter(document.language for document in scanned if document.language_judged)
    return Measurement("0206", judged.total(), judged.total() - judged[primary])


def _sha256_of_sha256s(scanned: Sequence[ScannedDocument]) -> str:
    digest = hashlib.sha256()
    for document in scanned:
        digest.update(document.sha256)
    return digest.hexdigest()


def _indicator(measurement: Measurement) -> dict[str, Any]:
    dimension, name = INDICATORS[measurement.code]
    return {
        "code": measurement.code,
        "name": name,
        "dimension": dimension,
        "n": measurement.n,
        "defects": measurement.defects,
        "basis": "sample, 95% lower bound" if measurement.sampled else "full scan",
        "score_ppm": measurement.score_ppm(),
    }


def _other_vocabularies(scanned: Sequence[ScannedDocument]) -> dict[str, dict[str, int]]:
    """Tokens in each beside the RTU of the same documents: factors of conversion."""
    documents, rtu, tokens_of = 0, 0, [0] * len(VOCABULARIES)
    for document in scanned:
        if document.other_tokens:
            documents += 1
            rtu += document.rtu
            tokens_of = list(map(add, tokens_of, document.other_tokens))
    return {
        name: {
            "documents": documents,
            "rtu": rtu,
            "tokens": count,
            "tokens_per_rtu_ppm": count * ONE_PPM // rtu if rtu else 0,
        }
        for name, count in zip(sorted(VOCABULARIES), tokens_of, strict=True)
    }


def _languages(scanned: Sequence[ScannedDocument]) -> dict[str, int]:
    """Documents by language, the eight commonest by name."""
    counts = Counter(document.language for document in scanned)
    listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in listed[LANGUAGES_LISTED:])
    return dict(listed[:LANGUAGES_LISTED]) | ({"other": rest} if rest else {})


def _duplicates(scanned: Sequence[ScannedDocument], repeats: Duplicates, rtu: int) -> dict[str, int]:
    """Documents beyond the first of each kind, and their share of documents and of tokens in ppm."""
    result = {}
    for name, flags in (("exact", repeats.exact), ("near", repeats.near)):
        repeated_rtu = sum(document.rtu for document, flag in zip(scanned, flags, strict=True) if flag)
        result[f"{name}_documents"] = sum(flags)
        result[f"{name}_ppm"] = sum(flags) * ONE_PPM // len(scanned)
        result[f"{name}_rtu_ppm"] = repeated_rtu * ONE_PPM // rtu if rtu else 0
    return result


def _privacy(scanned: Sequence[ScannedDocument]) -> dict[str, Any]:
    found = (each for document in scanned for each in document.findings if each.category != "word")
    kinds = Counter((finding.kind, finding.category, finding.sensitive) for finding in found)
    names = dict.fromkeys(kind for kind, _, _ in kinds)
    return {
        "kinds": {name: sum(count for (kind, _, _), count in kinds.items() if kind == name) for name in names},
        "personal": sum(count for (_, category, _), count in kinds.items() if category == "personal"),
        "sensitive": sum(
            count for (_, category, sensitive), count in kinds.items() if category == "personal" and sensitive
        ),
        "secrets": sum(count for (_, category, _), count in kinds.items() if category == "secret"),
    }


def _words(scanned: Sequence[ScannedDocument]) -> dict[str, Any]:
    """Findings by category of the operator's list, and the documents that have one."""
    found = (finding for document in scanned for finding in document.findings if finding.category == "word")
    counts = Counter(finding.kind.removeprefix(sensitive.KIND_PREFIX) for finding in found)
    return {"categories": dict(counts), "documents": _documents_with_words(scanned)}


def _documents_with_words(scanned: Sequence[ScannedDocument]) -> int:
    return sum(any(finding.category == "word" for finding in document.findings) for document in scanned)


def _parameters() -> dict[str, Any]:
    return {
        "canonical_text": "LF line ends, NFC of Unicode 14.0",
        "split_pattern": tokens.SPLIT_PATTERN,
        "minhash_algorithm": near.ALGORITHM,
        "minhash_slots": near.SLOTS,
        "minhash_seed": near.SEED,
        "shingle_hash": shingles.HASH,
        "shingle_chars_cjk": shingles.SHINGLE_CHARS_CJK,
        "shingle_words": shingles.SHINGLE_WORDS,
        "near_threshold_ppm": near.THRESHOLD_PPM,
        "bands": near.BANDS,
        "compared_per_bucket": near.COMPARED_PER_BUCKET,
        "language_model": language.MODEL,
        "language_model_sha256": language.MODEL_SHA256,
        "language_sample_chars": language.SAMPLE_CHARS,
        "mojibake_limit_ppm": quality.MOJIBAKE_LIMIT_PPM,
        "sketch": sketches.parameters() | novelty.parameters(),
        "words_documents_limit_ppm": sensitive.DOCUMENTS_LIMIT_PPM,
    }
