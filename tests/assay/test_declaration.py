import pytest

from exchange.assay.declaration import Declaration, read_declaration
from exchange.assay.errors import DeclarationError


def test_nothing_declared_claims_nothing() -> None:
    assert read_declaration({}) == Declaration()
    assert not Declaration().licence_evidence


def test_everything_that_may_be_declared_is_read() -> None:
    declared = {
        "class": "qa-sft",
        "language": "zh",
        "licence_evidence": True,
        "files_verified": False,
        "source_stated": True,
        "personal_data_consent": True,
        "documentation": {"0101": (8, 1)},
        "label_sample": [100, 3],
        "value_sample": (50, 0),
        "provenance": {"licence": "MIT"},
    }
    samples = ({"0101": (8, 1)}, (100, 3), (50, 0))
    expected = Declaration("qa-sft", "zh", True, False, True, True, *samples, {"licence": "MIT"})
    assert read_declaration(declared) == expected


@pytest.mark.parametrize(
    "declared",
    [
        {"licence_evidnce": True},
        {"profile": "code"},
        {"class": "poetry"},
        {"class": 3},
        {"language": None},
        {"licence_evidence": "yes"},
        {"files_verified": 1},
        {"documentation": []},
        {"documentation": {"0208": (1, 0)}},
        {"documentation": {"9999": (1, 0)}},
        {"documentation": {"0101": (1, 2)}},
        {"label_sample": (0, 0)},
        {"label_sample": (10, -1)},
        {"label_sample": "10"},
        {"label_sample": (10.0, 1)},
        {"value_sample": (1, 2)},
        {"provenance": ["MIT"]},
    ],
)
def test_anything_else_is_refused_by_name(declared: dict[str, object]) -> None:
    with pytest.raises(DeclarationError) as refusal:
        read_declaration(declared)
    assert refusal.value.code == "DECLARATION_INVALID"
