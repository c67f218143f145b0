"""Who may open a lot, and the log of who did."""

from pathlib import Path

import pytest

from exchange.delivery.access import Access, AccessError, AccessLog, AccessRule, authorise, read_accesses
from exchange.delivery.chain import BrokenLogError

HOLDER, STRANGER, BASE, LOT = 7, 8, 3, 0
MANIFEST, BLOB, OTHER = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def rule() -> AccessRule:
    rule = AccessRule()
    rule.define_lot(BASE, LOT, MANIFEST, BLOB)
    rule.define_lot(BASE, 1, OTHER, OTHER)
    rule.grant(HOLDER, BASE, LOT)
    return rule


def access(participant: int = HOLDER, lot: int = LOT, digest: str = BLOB, at_ns: int = 1) -> Access:
    return Access(participant, BASE, lot, digest, at_ns, "")


@pytest.mark.parametrize(
    ("tried", "code"),
    [
        (access(), None),
        (access(digest=MANIFEST), None),
        (access(STRANGER), "NOT_DELIVERED"),
        (access(lot=1, digest=OTHER), "NOT_DELIVERED"),
        (access(digest=OTHER), "UNKNOWN_DOCUMENT"),
        (access(STRANGER, digest=OTHER), "NOT_DELIVERED"),
    ],
)
def test_only_the_holder_opens_a_lot_and_only_its_documents(rule: AccessRule, tried: Access, code: str | None) -> None:
    refusal = rule.refusal(tried.participant, tried.base, tried.lot, tried.digest)
    assert (refusal and refusal.code) == code


def test_a_holder_sees_what_was_delivered_to_it(rule: AccessRule) -> None:
    rule.grant(HOLDER, 1, 5)
    assert rule.lots_of(HOLDER) == [(1, 5), (BASE, LOT)]
    assert rule.lots_of(STRANGER) == []


def test_a_lot_may_not_change_its_documents(rule: AccessRule) -> None:
    with pytest.raises(AssertionError, match="fixed"):
        rule.define_lot(BASE, LOT, MANIFEST, OTHER)


def test_every_try_is_recorded_before_it_is_answered(rule: AccessRule, tmp_path: Path) -> None:
    path = tmp_path / "accesses.jsonl"
    with AccessLog(path) as log:
        authorise(rule, log, access(at_ns=10))
        with pytest.raises(AccessError, match="NOT_DELIVERED"):
            authorise(rule, log, access(STRANGER, at_ns=11))
        assert [(each.participant, each.at_ns, each.outcome) for each in read_accesses(path)] == [
            (HOLDER, 10, "OPENED"),
            (STRANGER, 11, "NOT_DELIVERED"),
        ]


def test_nothing_is_opened_when_the_record_cannot_be_written(rule: AccessRule, tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "accesses.jsonl")
    log.close()
    with pytest.raises(ValueError, match="closed"):
        authorise(rule, log, access())


@pytest.fixture
def path(rule: AccessRule, tmp_path: Path) -> Path:
    """A log of three accesses."""
    path = tmp_path / "accesses.jsonl"
    with AccessLog(path) as log:
        for at_ns in range(3):
            authorise(rule, log, access(at_ns=at_ns))
    return path


def test_a_log_goes_on_where_it_stopped(rule: AccessRule, path: Path) -> None:
    with AccessLog(path) as log:
        head = log.head
        authorise(rule, log, access(at_ns=3))
        assert log.head != head
    assert [each.at_ns for each in read_accesses(path)] == [0, 1, 2, 3]


def test_a_torn_tail_is_cut_and_nothing_else(rule: AccessRule, path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with AccessLog(path) as log:
        authorise(rule, log, access(at_ns=9))
    assert [each.at_ns for each in read_accesses(path)] == [0, 1, 9]


def changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"participant":7', b'"participant":8'), *lines[1:]]


@pytest.mark.parametrize(
    "damage",
    [
        changed,
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [b"{}\n", *lines],
        lambda lines: [b"5\n", *lines],
        lambda lines: [b"\xff\n", *lines],
    ],
)
def test_a_line_that_was_changed_dropped_or_moved_breaks_the_chain(path: Path, damage) -> None:
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(BrokenLogError, match="LOG_BROKEN"):
        list(read_accesses(path))
    with pytest.raises(BrokenLogError, match="LOG_BROKEN"):
        AccessLog(path)
