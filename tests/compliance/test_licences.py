import pytest

from exchange.compliance.errors import PolicyError
from exchange.compliance.licences import Licences, purpose_names, purposes_named, spdx_id
from exchange.compliance.policy_set import shipped_folder
from exchange.vocabulary.instruments import Purpose

TEXT = (shipped_folder() / "licences.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def licences():
    return Licences.parse(TEXT)


@pytest.mark.parametrize(
    ("source", "offer", "conflict"),
    [
        ("MIT", "MIT", None),
        ("MIT", "CC-BY-4.0", None),
        ("MIT", "GPL-3.0-only", None),
        ("CC0-1.0", "LicenseRef-TLX-commercial", None),
        ("PSF-2.0", "PSF-2.0", None),
        ("CC-BY-4.0", "LicenseRef-TLX-commercial", None),
        ("CC-BY-4.0", "CC0-1.0", "ATTRIBUTION_DROPPED"),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0", None),
        ("CC-BY-SA-4.0", "MIT", "SHARE_ALIKE"),
        ("CC-BY-SA-4.0", "GPL-3.0-only", "SHARE_ALIKE"),
        ("CC-BY-SA-3.0", "GPL-3.0-only", "SHARE_ALIKE"),
        ("ODbL-1.0", "LicenseRef-TLX-commercial", "SHARE_ALIKE"),
        ("GPL-3.0-only", "Apache-2.0", "SHARE_ALIKE"),
        ("GPL-2.0-or-later", "GPL-3.0-only", None),
        ("GPL-2.0-only", "GPL-3.0-only", "SHARE_ALIKE"),
        ("GPL-3.0-or-later", "GPL-2.0-only", "SHARE_ALIKE"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0", "NON_COMMERCIAL"),
        ("CC-BY-NC-SA-4.0", "MIT", "NON_COMMERCIAL"),
        ("CC-BY-ND-4.0", "MIT", "NO_DERIVATIVES"),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0", None),
        ("all rights reserved", "MIT", "UNKNOWN_LICENCE"),
        ("", "MIT", "UNKNOWN_LICENCE"),
        ("MIT", "Beerware", "UNKNOWN_LICENCE"),
        ("mit", "MIT", "UNKNOWN_LICENCE"),
    ],
)
def test_data_of_a_source_may_be_sold_under_an_offer_or_not(licences, source, offer, conflict):
    assert licences.conflict(source, offer) == conflict


def test_the_conflicts_of_a_listing_name_both_licences(licences):
    assert licences.conflicts(["CC-BY-SA-3.0", "MIT", "CC-BY-SA-3.0", ""], "GPL-3.0-only") == [
        "SHARE_ALIKE CC-BY-SA-3.0 > GPL-3.0-only",
        "UNKNOWN_LICENCE none > GPL-3.0-only",
    ]


def test_an_offer_that_is_unknown_is_one_conflict_whatever_the_sources(licences):
    assert licences.conflicts([], "") == ["UNKNOWN_LICENCE none"]
    assert licences.conflicts(["MIT", "CC0-1.0"], "Beerware") == ["UNKNOWN_LICENCE Beerware"]


def test_every_share_alike_licence_passes_to_itself(licences):
    shared = [licence for licence in licences if licence.share_alike]
    assert shared
    assert all(licence.spdx in licence.passes_to for licence in shared)


def test_an_address_of_spdx_names_the_licence(licences):
    assert spdx_id("https://spdx.org/licenses/MIT.html") == "MIT"
    assert spdx_id("http://spdx.org/licenses/Apache-2.0") == "Apache-2.0"
    assert licences.conflict("https://spdx.org/licenses/MIT.html", "MIT") is None


def test_a_licence_narrows_the_purposes_offered(licences):
    everything = purposes_named(["training", "fine-tuning", "evaluation", "retrieval", "research"])
    assert licences.permitted("MIT", everything) == everything
    assert licences.permitted("CC-BY-NC-4.0", everything) == Purpose.RESEARCH
    assert licences.permitted("Beerware", everything) == Purpose(0)


def test_purposes_are_spelt_one_way():
    assert purpose_names(Purpose.TRAINING | Purpose.FINE_TUNING) == ["fine-tuning", "training"]
    assert purposes_named(["fine-tuning", "training"]) == Purpose.TRAINING | Purpose.FINE_TUNING
    with pytest.raises(KeyError):
        purposes_named(["mining"])


def test_each_way_of_acquiring_has_its_evidence(licences):
    assert licences.missing_evidence("open", []) == ["licence-file"]
    assert licences.missing_evidence("commercial", ["proof-of-rights"]) == ["contract"]
    assert licences.missing_evidence("crawled", ["crawl-record"]) == []
    assert licences.missing_evidence("found", ["licence-file"]) == ["way-of-acquisition"]


@pytest.mark.parametrize(
    "text",
    [
        "[licences",
        TEXT.replace("[defaults]", "[default]"),
        TEXT.replace("attribution = true", 'attribution = "yes"', 1),
        TEXT.replace("attribution = true", "atribution = true", 1),
        TEXT.replace('purposes = ["research"]', 'purposes = ["mining"]', 1),
        TEXT.replace('passes_to = ["ODbL-1.0"]', 'passes_to = ["ODbL-2.0"]'),
        TEXT.replace('[licences."MIT-0"]', "[licences]\nx = 1"),
    ],
)
def test_a_faulty_table_is_refused(text):
    assert text != TEXT
    with pytest.raises(PolicyError) as refusal:
        Licences.parse(text)
    assert refusal.value.code == "LICENCES_INVALID"
