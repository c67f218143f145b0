"""Records: laid out once, written and read alike by Python and NumPy, refused by name where they are none."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.vocabulary.codec import COMMANDS, EVENTS, TABLES, VERSION, RecordError, stamp
from exchange.vocabulary.commands import Clock, PlaceOrder
from exchange.vocabulary.reference_page import records_page

BOUNDS = {"B": (0, 2**8 - 1), "H": (0, 2**16 - 1), "I": (0, 2**32 - 1), "i": (-(2**31), 2**31 - 1),
          "Q": (0, 2**64 - 1), "q": (-(2**63), 2**63 - 1)}  # fmt: skip
RECORDS = [record for family in (COMMANDS, EVENTS) for record in family.kinds.values()]
LAYOUTS = "1c8b8ef7"
"""The beginning of the SHA-256 of every layout: it changes only together with `VERSION`."""


def values(record):
    """Any value of each field of a record."""
    text = record._text_fields()
    fields = {}
    for field in record.FIELDS:
        if field.name in {"kind", "version"}:
            continue
        if field.name in text:
            fields[field.name] = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=field.width)
        elif field.format in BOUNDS:
            fields[field.name] = st.integers(*BOUNDS[field.format])
        else:
            fields[field.name] = st.binary(min_size=field.width, max_size=field.width)
    return st.fixed_dictionaries(fields)


@given(st.data())
def test_every_record_comes_back_as_it_was_written(data):
    record = data.draw(st.sampled_from(RECORDS))
    family = COMMANDS if record in COMMANDS.kinds.values() else EVENTS
    made = record(**data.draw(values(record)))
    encoded = made.encode()
    assert len(encoded) == family.record_bytes
    assert family.decode(encoded) == made


@given(st.data())
def test_numpy_reads_the_same_values(data):
    record = data.draw(st.sampled_from(RECORDS))
    family = COMMANDS if record in COMMANDS.kinds.values() else EVENTS
    fields = data.draw(values(record))
    row = np.frombuffer(record(**fields).encode() * 2, family.numpy_dtype(record.KIND))[1]
    assert (row["kind"], row["version"]) == (record.KIND, VERSION)
    for field in record.FIELDS:
        if (value := fields.get(field.name)) is None:
            continue
        if isinstance(value, int):
            assert int(row[field.name]) == value
        else:
            told = value.encode() if isinstance(value, str) else value
            assert row[field.name].tobytes() == told.ljust(field.width, b"\0")


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_begins_with_the_header_and_has_no_holes(record):
    header = [field.name for field in record.FIELDS[:9]]
    assert header == ["sequence", "timestamp_ns", "kind", "version", "flags", "index", "actor", "account", "instrument"]
    ends = [field.offset + field.width for field in record.FIELDS]
    assert [field.offset for field in record.FIELDS] == [0, *ends[:-1]]
    assert ends[-1] <= record.BYTES == record.STRUCT.size


@pytest.mark.parametrize(
    "values",
    [{"price_ticks": 2**63}, {"lots": -(2**63) - 1}, {"side": 256}, {"client_order_id": "x" * 41},
     {"client_order_id": "é"}, {"fingerprint": bytes(17)}, {"account": -1}],
)  # fmt: skip
def test_what_does_not_fit_a_field_is_refused(values):
    with pytest.raises(RecordError):
        PlaceOrder(**values).encode()


def spoilt(**at):
    encoded = bytearray(Clock().encode())
    for offset, value in at.items():
        encoded[int(offset[1:])] = value
    return bytes(encoded)


@pytest.mark.parametrize(
    ("encoded", "what"),
    [(b"", "has 256 bytes"), (Clock().encode()[:-1], "has 256 bytes"), (spoilt(_16=250), "unknown command kind 250"),
     (spoilt(_17=9), "version 9"), (spoilt(_16=20, _60=200), "not ASCII")],
)  # fmt: skip
def test_bytes_that_are_no_record_are_refused_by_name(encoded, what):
    with pytest.raises(RecordError, match=what):
        COMMANDS.decode(encoded)


def test_a_batch_is_whole_records():
    with pytest.raises(RecordError, match="no whole number"):
        list(COMMANDS.decode_all(Clock().encode() + b"x"))
    assert len(list(COMMANDS.decode_all(Clock().encode() * 3))) == 3


def test_the_sequencer_stamps_number_and_time():
    batch = bytearray(Clock().encode() * 2)
    stamp(batch, 1, 7, 99)
    first, second = COMMANDS.decode_all(batch)
    assert (first.sequence, second.sequence, second.timestamp_ns) == (0, 7, 99)


def test_layouts_do_not_change_unnoticed():
    _, layouts = records_page().split("## Commands", 1)
    assert TABLES
    assert hashlib.sha256(layouts.encode()).hexdigest()[:8] == LAYOUTS
