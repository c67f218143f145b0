import json

import pytest
from open_venue import dataset, refusal

from exchange.catalogue.croissant import read_listing
from exchange.operations.statements import UNSTATED_COUNTRY, read_sampling, read_statements


def stated(**changes):
    croissant, _, _ = dataset(**changes)
    return read_statements(croissant, read_listing(croissant))


def told(text):
    """A listing that says this of personal data."""
    return stated(**{"rai:personalSensitiveInformation": text})


def test_what_is_not_stated_is_read_safely():
    statements = stated()
    assert statements.origin == UNSTATED_COUNTRY
    assert statements.persons == 0
    assert statements.right_holder_authority is None
    assert not (statements.anonymised or statements.human_genetic or statements.declares_sensitive)


@pytest.mark.parametrize(
    ("text", "sensitive", "children"),
    [
        ("Names of the authors.", False, False),
        ("Medical histories of patients.", True, False),
        ("包含患者的健康信息。", True, False),
        ("Essays by children of a primary school.", False, True),
        ("未成年人的作文。", False, True),
    ],
)
def test_words_that_point_to_a_kind_of_personal_data_count_as_its_statement(text, sensitive, children):
    statements = told(text)
    assert (statements.declares_sensitive, statements.declares_under_14) == (sensitive, children)
    assert statements.persons is None


def test_a_stated_flag_goes_before_the_words():
    croissant, _, _ = dataset(
        **{"rai:personalSensitiveInformation": "Patients' letters.", "tex:sensitiveData": False, "tex:persons": 12}
    )
    statements = read_statements(croissant, read_listing(croissant))
    assert (statements.declares_sensitive, statements.persons) == (False, 12)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tex:origin", "china"),
        ("tex:origin", 86),
        ("tex:persons", -1),
        ("tex:persons", 1.5),
        ("tex:persons", True),
        ("tex:persons", 2**40),
        ("tex:sensitiveData", "no"),
        ("tex:under14", 0),
        ("tex:anonymised", None),
        ("tex:rightHolderAuthority", "yes"),
    ],
)
def test_a_statement_of_another_kind_is_refused(key, value):
    croissant = json.dumps({**json.loads(dataset()[0]), key: value}).encode()
    refusal("BAD_STATEMENT", read_statements, croissant, read_listing(dataset()[0]))


@pytest.mark.parametrize("report", [b"", b"[]", b"{", b"\xff", b'{"a": 1.5}', b'{"a": true}', b'{"a": -1}'])
def test_a_sampling_report_that_is_no_table_of_whole_numbers_is_refused(report):
    refusal("BAD_EVIDENCE", read_sampling, report)


def test_a_sampling_report_is_read_as_it_stands():
    assert read_sampling(b'{"manual_items": 4000}') == {"manual_items": 4000}
