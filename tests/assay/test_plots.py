import re

from exchange.assay.plots import WIDTH, Bar, Column, Mark, bar_chart, column_chart, short


def numbers(markup, element, attribute):
    return [int(each) for each in re.findall(rf'<{element}[^>]* {attribute}="(-?\d+)"', markup)]


def test_columns_are_as_high_as_their_values():
    drawn = column_chart("t", [Column("a", 100, "a"), Column("b", 50, "b"), Column("c", 0, "c")], "axis")
    high, half, none = numbers(drawn, "rect", "height")
    assert high == 2 * half
    assert none == 0


def test_what_is_not_nothing_is_seen():
    drawn = column_chart("t", [Column("a", 1_000_000, "a"), Column("b", 1, "b")], "axis")
    assert numbers(drawn, "rect", "height")[1] == 1


def test_labels_of_many_columns_are_thinned_out():
    drawn = column_chart("t", [Column(f"l{n}", n, "") for n in range(25)], "axis")
    assert drawn.count(">l") == 9
    assert all(0 <= x <= WIDTH for x in numbers(drawn, "rect", "x"))


def test_no_columns_and_no_bars_are_still_a_picture():
    assert column_chart("t", [], "axis").startswith("<svg")
    assert bar_chart("t", []).startswith("<svg")


def test_bars_are_shares_and_marks_stand_at_theirs():
    drawn = bar_chart("t", [Bar("a", 250_000, "25 %", "G1")], [Mark("G1", 950_000)])
    assert numbers(drawn, "rect", "width") == [WIDTH, WIDTH // 4]
    assert numbers(drawn, "line", "x1") == [WIDTH * 95 // 100]
    assert 'class="bar G1"' in drawn


def test_labels_are_escaped():
    assert "<b>" not in bar_chart("<b>", [Bar("<b>", 1, "<b>")], [Mark("<b>", 1)])
    assert "<b>" not in column_chart("<b>", [Column("<b>", 1, "<b>")], "<b>")


def test_numbers_on_an_axis_are_short():
    assert [short(n) for n in (0, 999, 1_000, 1_500, 25_000, 3_000_000, 2_500_000_000)] == [
        "0",
        "999",
        "1k",
        "1.5k",
        "25k",
        "3M",
        "2.5G",
    ]
