from pathlib import Path

import pytest
from compliance_facts import AT_NS, GOOD_PARTICIPANT, GOOD_REQUEST, dataset, rules, source

from exchange.compliance.assay_facts import AssayFacts
from exchange.compliance.decisions import Action

DATASETS = Path(__file__).parents[3] / "shared/data/datasets"

CERTIFICATE = {
    "documents": 1385,
    "privacy": {"kinds": {"email": 7, "cn_resident_id": 2}, "personal": 9, "sensitive": 2, "secrets": 1},
    "hard_failures": ["SECRET_FOUND"],
}


def test_the_facts_of_an_assay_are_those_of_its_certificate():
    assert AssayFacts.of_certificate(CERTIFICATE) == AssayFacts(
        documents=1385,
        personal_found=9,
        sensitive_found=2,
        secrets_found=1,
        hard_failures=frozenset({"SECRET_FOUND"}),
    )


@pytest.mark.parametrize("lacking", sorted(CERTIFICATE))
def test_a_certificate_that_lacks_a_fact_is_not_read_as_clean(lacking):
    with pytest.raises(KeyError):
        AssayFacts.of_certificate({key: value for key, value in CERTIFICATE.items() if key != lacking})


def test_sensitive_data_is_personal_data_whatever_the_vendor_concludes(gate):
    facts = dataset(declares_personal=False, declares_sensitive=True)
    assert facts.attributes(gate.licences)["declares_personal"] is True
    assert rules(gate, "list", what=facts) == ["CN-07", "CN-08", "CN-10"]


def test_not_knowing_of_personal_data_is_not_the_same_as_having_none(gate):
    assert dataset(declares_personal=None).attributes(gate.licences)["declares_personal"] is None
    known = dataset(declares_personal=None, declares_under_14=True)
    assert known.attributes(gate.licences)["declares_personal"] is True


REAL_SETS = [
    ("gsm8k", "MIT", ["MIT"], []),
    ("medquad", "CC-BY-4.0", ["CC-BY-4.0"], []),
    ("cn-laws", "MIT", ["MIT", "LicenseRef-public-domain"], []),
    ("code-thealgorithms", "MIT", ["MIT"], []),
    ("tiny-shakespeare", "LicenseRef-public-domain", ["LicenseRef-public-domain"], ["CN-22"]),
    ("agri-kg-relations", "GPL-3.0-only", ["GPL-3.0-only", "CC-BY-SA-3.0"], ["EX-09"]),
]


@pytest.mark.skipif(not DATASETS.is_dir(), reason=f"the reference datasets are not at {DATASETS}")
@pytest.mark.parametrize(("name", "offer", "licences", "expected"), REAL_SETS, ids=[s[0] for s in REAL_SETS])
def test_a_real_set_is_judged_by_its_licence_file_and_the_licences_of_its_sources(
    gate, name, offer, licences, expected
):
    """The licence file is looked for in the set's folder; the licences are those its SOURCE.txt tells."""
    licence_file = any(path.name.startswith("LICENSE") for path in (DATASETS / name).iterdir())
    evidence = frozenset({"licence-file"}) if licence_file else frozenset()
    sources = tuple(
        source(name=f"{name}-{place}", licence=licence, evidence=evidence) for place, licence in enumerate(licences)
    )
    listing = dataset(dataset=name, licence=offer, sources=sources)
    decision = gate.decide(Action.LIST, GOOD_PARTICIPANT, listing, GOOD_REQUEST, decided_at_ns=AT_NS)
    assert [reason.rule_id for reason in decision.reasons] == expected
    assert decision.permitted == (not expected)
