import pytest

from api.cli.progress import LINE_SECONDS, lines, progress, time_text


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def test_long_work_in_a_pipe_tells_rate_and_time_left_line_by_line():
    clock, written = Clock(), []
    tell = lines("Assaying riddles", 100_000_000, clock, written.append)
    for second in range(1, 26):
        clock.now_s = float(second)
        tell(second * 1_000, second * 2_000_000)
    assert written == [
        "Assaying riddles: 10,000 documents, 20.0 MB of about 100.0 MB, 2.0 MB/s, 1,000 documents/s, 40 s left",
        "Assaying riddles: 20,000 documents, 40.0 MB of about 100.0 MB, 2.0 MB/s, 1,000 documents/s, 30 s left",
    ]


def test_parts_that_were_there_already_do_not_flatter_the_rate():
    clock, written = Clock(), []
    tell = lines("Assaying riddles", 100_000_000, clock, written.append)
    for now_s, done_bytes in ((10, 50_000_000), (20, 60_000_000)):
        clock.now_s = float(now_s)
        tell(1, done_bytes)
    assert "1.0 MB/s" in written[1]
    assert written[1].endswith("40 s left")


def test_short_work_in_a_pipe_is_silent(capsys):
    clock = Clock()
    with progress("Assaying riddles", 10, clock) as tell:
        clock.now_s = LINE_SECONDS / 2
        tell(1, 10)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (3_600, "1 h 00 min"), (90_000, "25 h 00 min")],
)
def test_times_read_as_people_say_them(seconds, text):
    assert time_text(seconds) == text
