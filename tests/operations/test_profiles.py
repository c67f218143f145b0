import hashlib
import json

import pytest
from open_venue import IDENTITY, refusal

from exchange.operations.admission import profile_of, register_participant
from exchange.operations.profiles import new_profile, read_profile
from exchange.store.secrets import SecretStore
from exchange.vocabulary.participants import VENUE

FORM = {
    "name": "Firm",
    "kind": "organisation",
    "jurisdiction": "CN",
    "simulated": False,
    "evidence": IDENTITY,
    "contract_terms": frozenset(),
}


@pytest.fixture
def secrets(tmp_path):
    with_keys = SecretStore.open(tmp_path)
    yield with_keys
    with_keys.close()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "BAD_VALUE"),
        ({"name": " \t"}, "BAD_VALUE"),
        ({"name": "n" * 201}, "BAD_VALUE"),
        ({"jurisdiction": "cn"}, "BAD_VALUE"),
        ({"jurisdiction": "CHN"}, "BAD_VALUE"),
        ({"jurisdiction": "中国"}, "BAD_VALUE"),
        ({"contract_terms": frozenset({"golden-handshake"})}, "BAD_VALUE"),
        ({"evidence": {"licence.pdf": b""}}, "BAD_EVIDENCE"),
    ],
)
def test_what_a_form_cannot_say_is_refused_and_nothing_kept(secrets, changes, code):
    refusal(code, new_profile, secrets, **{**FORM, **changes})
    assert secrets._connection.execute("SELECT count(*) FROM main.secret").fetchone() == (0,)


def test_a_profile_reads_back_as_it_was_written(venue):
    participant = register_participant(
        venue, VENUE, "Firm", "organisation", IDENTITY, contract_terms=frozenset({"purpose", "method"})
    )
    profile = profile_of(venue, participant)
    digest = venue.directory.participants[participant].profile
    assert read_profile(venue.vault, digest) == profile
    assert hashlib.sha256(profile.document()).digest() == digest
    assert profile.contract_terms == ("method", "purpose")


def test_a_persons_name_and_evidence_are_in_the_erasable_store_alone(venue):
    evidence = {"passport.png": b"a picture of Grace Hopper's passport"}
    participant = register_participant(venue, VENUE, "Grace Hopper", "individual", evidence)
    profile = profile_of(venue, participant)
    subject = bytes.fromhex(profile.subject)
    assert profile.name == f"person {profile.subject[:8]}"
    assert profile.evidence == {"passport.png": hashlib.sha256(evidence["passport.png"]).hexdigest()}
    assert venue.secrets.get(subject, "name") == b"Grace Hopper"
    assert venue.secrets.get(subject, "evidence:passport.png") == evidence["passport.png"]
    venue.projector.wait_for(venue.sequence, 10)
    stored = b"".join(path.read_bytes() for path in venue.settings.data_folder.rglob("*") if path.is_file())
    assert b"Hopper" not in stored
    venue.secrets.erase(subject)
    assert venue.secrets.get(subject, "name") is None


def test_a_simulated_participant_says_so_wherever_it_is_shown(venue):
    simulated = register_participant(venue, VENUE, "Robot", "organisation", IDENTITY, simulated=True)
    real = register_participant(venue, VENUE, "Firm", "organisation", IDENTITY)
    assert profile_of(venue, simulated).label == "Robot (simulated)"
    assert profile_of(venue, real).label == "Firm"
    assert json.loads(profile_of(venue, simulated).document())["simulated"] is True
