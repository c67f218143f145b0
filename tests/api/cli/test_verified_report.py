"""What a verification shows: findings at their place in the dataset, and nothing that would steer a terminal."""

from types import SimpleNamespace

from api.cli.evidence_check import CheckedPack, PackComplaint, Ruling
from api.cli.verification import found_by_lot
from api.cli.verified_report import evidence_lines
from exchange.assay.privacy import Finding
from exchange.vocabulary.printing import printable


def lot(first, documents):
    return SimpleNamespace(first_index=first, documents=[None] * documents)


def test_findings_are_told_of_the_lot_that_they_are_in_by_the_datasets_index():
    findings = [Finding("email", place, 3, 5, "a***", "personal", sensitive=False) for place in (0, 2, 2, 4)]
    found = SimpleNamespace(
        lots=[lot(20, 2), lot(5, 3)], measured=SimpleNamespace(part=SimpleNamespace(findings=findings))
    )
    told = {each.first_index: [finding.document for finding in within] for each, within in found_by_lot(found)}
    assert told == {5: [5, 7, 7], 20: [21]}


def test_a_refusing_decision_is_told_with_its_articles():
    ruling = Ruling("list", permitted=False, rules=(("CN-22", "TC260-003 5.1", "No licence evidence."),))
    pack = CheckedPack("p.zip", "recalled", None, (ruling,), (), 3, {"evidence/c.pdf": "private"}, ())
    told = list(evidence_lines(pack))
    assert "  State when the pack was made: recalled." in told
    assert "    CN-22 (TC260-003 5.1): No licence evidence." in told
    assert "  Left out: evidence/c.pdf: private." in told


def test_a_pack_with_something_wrong_is_not_said_to_be_as_its_manifest_says():
    pack = CheckedPack("p.zip", "", None, (), (), 0, {}, (PackComplaint("PACK_ALTERED", "x"),))
    assert list(evidence_lines(pack)) == ["Evidence pack p.zip: 0 files."]


def test_what_would_steer_a_terminal_is_not_printed():
    assert printable("licence\x1b[2J\u202e MIT\n") == "licence\ufffd[2J\ufffd MIT\ufffd"
