"""How often a participant may ask, on record."""

import threading

import pytest

from exchange.delivery.chain import BrokenLogError, read_chain
from exchange.delivery.queries import Query, QueryLog

BUYER, OTHER, BASE = 7, 8, 3


def query(participant=BUYER, base=BASE, at_ns=1):
    return Query(participant, 5, base, at_ns, "a" * 64, 0, 250_000)


@pytest.fixture
def log(tmp_path):
    log = QueryLog(tmp_path / "queries.log")
    yield log
    log.close()


def test_each_participant_has_so_many_questions_about_each_dataset(log):
    assert [log.take(query(), 2) for _ in range(3)] == [True, True, False]
    assert log.take(query(OTHER), 2)
    assert log.take(query(base=4), 2)
    assert (log.asked(BUYER, BASE), log.asked(OTHER, BASE), log.asked(OTHER, 4)) == (2, 1, 0)


def test_a_question_that_is_not_answered_is_not_on_record(log, tmp_path):
    log.take(query(at_ns=1), 1)
    log.take(query(at_ns=2), 1)
    assert [each.at_ns for each in read_chain(tmp_path / "queries.log", Query)] == [1]


def test_the_count_outlives_the_process(log, tmp_path):
    log.take(query(), 5)
    head = log.head
    log.close()
    again = QueryLog(tmp_path / "queries.log")
    assert (again.asked(BUYER, BASE), again.head) == (1, head)
    again.close()


def test_questions_at_once_never_pass_the_limit(log):
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(log.take(query(), 3))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 9 + [True] * 3


def test_a_record_that_was_altered_is_refused(log, tmp_path):
    log.take(query(), 5)
    log.take(query(), 5)
    path = tmp_path / "queries.log"
    path.write_bytes(path.read_bytes().replace(b"250000", b"250001", 1))
    with pytest.raises(BrokenLogError, match="LOG_BROKEN"):
        QueryLog(path)
