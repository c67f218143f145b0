"""The replay of recorded order flow, on the real hour where it is at hand and on a small recording of our own."""

from pathlib import Path

import pytest

from simulations.replay import ReplayError, replay_file

HOUR = Path(__file__).parents[3] / "shared/data/orderflow/aapl_hour_commands.csv.xz"

SMALL = """\
1,0,SEED,11,B,50,1000,
2,0,SEED,12,S,50,1010,
3,1,ADD,13,S,20,1010,
4,2,REDUCE,12,S,10,1010,
5,3,IOC,0,B,45,1010,12:40@1010|13:5@1010
6,4,FORCE,13,S,5,1010,
7,5,CANCEL,11,B,50,1000,
"""


def recorded(tmp_path, text: str) -> Path:
    path = tmp_path / "flow.csv"
    path.write_text(text)
    return path


@pytest.mark.skipif(not HOUR.exists(), reason="the recorded hour of order flow is not on this machine")
def test_every_aggressor_of_a_real_hour_gets_exactly_the_recorded_fills():
    report = replay_file(HOUR)
    assert (report.commands, report.aggressors, report.aggressors_exact) == (89_147, 3_310, 3_310)
    assert report.resting_orders_traded == 0
    assert report.orders_left == 380
    assert report.trial_balance == {"CNY": 0, "claims": 0}
    assert report.ok


def test_a_small_recording_is_exact(tmp_path):
    report = replay_file(recorded(tmp_path, SMALL))
    assert report.ok
    assert (report.aggressors_exact, report.orders_left) == (1, 1)
    assert "1 of 1 aggressors got exactly the stated fills" in report.render()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("12:40@1010|13:5@1010", "13:5@1010|12:40@1010", "line 5 (IOC 0) was to trade 13:5"),
        ("12:40@1010|13:5@1010", "12:40@1010", "but traded 12:40@1010|13:5@1010"),
        ("ADD,13,S,20,1010", "ADD,13,S,20,1000", "line 3 (ADD 13) was to rest, but traded"),
        ("CANCEL,11", "CANCEL,99", "line 7 (CANCEL 99) names order 99"),
    ],
)
def test_the_first_difference_is_told(tmp_path, old, new, told):
    report = replay_file(recorded(tmp_path, SMALL.replace(old, new)))
    assert not report.ok
    assert told in report.render()


@pytest.mark.parametrize("text", ["1,2,3\n", "1,0,JUMP,1,B,1,1,\n", "1,0,ADD,1,B,-1,1,\n", "a,0,ADD,1,B,1,1,\n"])
def test_what_is_no_recording_is_refused_by_name(tmp_path, text):
    with pytest.raises(ReplayError, match="not a command"):
        replay_file(recorded(tmp_path, text))


def test_a_damaged_archive_and_a_missing_file_are_refused_by_name(tmp_path):
    damaged = tmp_path / "flow.csv.xz"
    damaged.write_bytes(b"no archive")
    for path in (damaged, tmp_path / "none.csv"):
        with pytest.raises(ReplayError):
            replay_file(path)
