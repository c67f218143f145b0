"""Snapshots: tables of fixed rows, refused by name where the bytes are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.vocabulary.codec import TABLES
from exchange.vocabulary.rows import AssetRow, BalanceRow
from exchange.vocabulary.state import SnapshotError, decode_snapshot, encode_snapshot, encode_tables, snapshot_hash


def snapshot(sequence=3, balances=((1, 2, 30, 4),)):
    rows = [BalanceRow(account=a, asset=b, total=c, held=d) for a, b, c, d in balances]
    assets = [AssetRow(asset=2, scale=2, code=b"CNY".ljust(16, b"\0"))]
    return encode_snapshot(sequence, 99, encode_tables({AssetRow: assets, BalanceRow: rows}))


@given(st.lists(st.tuples(*[st.integers(0, 2**60)] * 4), max_size=20))
def test_rows_come_back_as_they_were_written(balances):
    state = decode_snapshot(snapshot(balances=balances))
    assert [(row.account, row.asset, row.total, row.held) for row in state.rows(BalanceRow)] == balances
    assert (state.sequence, state.timestamp_ns) == (3, 99)


def row_values(row):
    formats = {"B": (0, 2**8 - 1), "H": (0, 2**16 - 1), "I": (0, 2**32 - 1), "i": (-(2**31), 2**31 - 1),
               "Q": (0, 2**64 - 1), "q": (-(2**63), 2**63 - 1)}  # fmt: skip
    fields = {
        field.name: st.integers(*formats[field.format])
        if field.format in formats
        else st.binary(min_size=field.width, max_size=field.width)
        for field in row.FIELDS
    }
    return st.fixed_dictionaries(fields).map(lambda values: row(**values))


@given(st.fixed_dictionaries({row: st.lists(row_values(row), max_size=2) for row in TABLES.values()}))
def test_every_table_comes_back_as_it_was_written(tables):
    state = decode_snapshot(encode_snapshot(1, 2, encode_tables(tables)))
    assert state.tables == tables


def test_a_table_that_is_not_given_is_written_empty():
    assert encode_tables({}) == encode_tables({row: [] for row in TABLES.values()})
    assert set(decode_snapshot(encode_snapshot(1, 2, encode_tables({}))).tables) == set(TABLES.values())


def test_the_hash_is_of_the_tables_alone():
    assert snapshot_hash(snapshot(3)) == snapshot_hash(snapshot(4))
    assert snapshot_hash(snapshot()) != snapshot_hash(snapshot(balances=((1, 2, 31, 4),)))


@pytest.mark.parametrize("cut", [0, 10, 31, 33, 40, -1])
def test_what_is_cut_short_is_refused(cut):
    whole = snapshot()
    with pytest.raises(SnapshotError):
        decode_snapshot(whole[: cut if cut >= 0 else len(whole) + cut])


@pytest.mark.parametrize(("offset", "value"), [(0, 0), (8, 9), (32, 200), (36, 1)])
def test_another_magic_version_table_or_width_is_refused(offset, value):
    spoilt = bytearray(snapshot())
    spoilt[offset] = value
    with pytest.raises(SnapshotError):
        decode_snapshot(bytes(spoilt))
