import gzip
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from open_venue import IDENTITY, dataset, documents, market, member

from exchange.assay.certificate import verify_certificate
from exchange.operations.admission import open_account, register_participant
from exchange.operations.dossier import read_dossier
from exchange.operations.listing import submit_listing
from exchange.operations.refusals import OperationRefused
from exchange.operations.verdicts import attach_approval
from exchange.vocabulary.instruments import Phase, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import MAX_LOTS


@pytest.fixture
def vendor(exchange):
    return member(exchange, "Vendor")[1]


def refused(exchange, account, submission, code="GATE_REFUSED"):
    """Submit what must be refused; the ids of the rules that say so. Nothing is defined by it."""
    bases = dict(exchange.directory.bases)
    with pytest.raises(OperationRefused) as caught:
        submit_listing(exchange, VENUE, account, *submission)
    assert caught.value.code == code, str(caught.value)
    assert exchange.directory.bases == bases
    return [reason.rule_id for reason in caught.value.reasons]


def test_an_honest_listing_is_admitted_and_opens_for_trading(exchange, vendor):
    outcome = submit_listing(exchange, VENUE, vendor, *dataset("gsm 8k!"))
    base = exchange.directory.bases[outcome.base]
    instrument = exchange.directory.instruments[outcome.instrument]
    assert (base.code, outcome.symbol) == ("GSM8K", "GSM8K-CNY")
    assert base.issued_claims == outcome.lots * outcome.copies > 0
    assert instrument.phase == Phase.CONTINUOUS
    assert instrument.minor_per_tick_lot * 1_000_000 == outcome.tick_minor * outcome.lot_rtu
    assert exchange.directory.entitlements[vendor, outcome.instrument, Side.SELL].entitlement == outcome.entitlement


def test_every_document_of_an_admitted_listing_is_in_the_vault(exchange, vendor):
    outcome = submit_listing(exchange, VENUE, vendor, *dataset())
    dossier = read_dossier(exchange.vault, outcome.listing)
    named = [dossier.croissant, dossier.certificate, *dossier.files.values(), *dossier.evidence.values()]
    named += [digest for lot in dossier.lots for digest in (lot.manifest, lot.blob)]
    named.append(outcome.decision.digest.hex())
    assert all(exchange.vault.get(digest) for digest in named)
    assert len(dossier.lots) == outcome.lots


def test_the_certificate_is_signed_by_the_venue(exchange, vendor):
    outcome = submit_listing(exchange, VENUE, vendor, *dataset())
    now_s = exchange.now_ns() // 10**9
    certificate = verify_certificate(outcome.certificate, trusted_assayers=[exchange.assayer], now_s=now_s)
    assert certificate.assay["documents"] == len(documents())


def test_without_licence_evidence_a_listing_is_refused_by_cn_22(exchange, vendor):
    croissant, files, _ = dataset()
    assert "CN-22" in refused(exchange, vendor, (croissant, files, {}))
    assert "CN-22" in refused(exchange, vendor, dataset(**{"rai:dataLicenseEvidence": None}))
    assert "CN-22" in refused(exchange, vendor, (croissant, files, {"LICENSE": b""}))


def test_an_empty_file_is_of_the_dataset_like_any_other(exchange, vendor):
    """A source tree has some, and the certificate must be that of the same files measured offline."""
    contents = {f"{number:03}.txt": row["answer"].encode() for number, row in enumerate(documents())}
    contents["empty.txt"] = b""
    source = {"fileSet": {"@id": "all"}, "extract": {"fileProperty": "content"}}
    distribution = [{"@type": "cr:FileSet", "@id": "all", "encodingFormat": "text/plain", "includes": "*.txt"}]
    distribution += [
        {
            "@type": "cr:FileObject", "@id": path, "name": path, "contentUrl": path, "encodingFormat": "text/plain",
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for path, content in contents.items()
    ]  # fmt: skip
    fields = [{"@type": "cr:Field", "@id": "d/text", "name": "text", "dataType": "sc:Text", "source": source}]
    records = [{"@type": "cr:RecordSet", "@id": "d", "name": "d", "field": fields}]
    metadata, _, evidence = dataset(distribution=distribution, recordSet=records)
    outcome = submit_listing(exchange, VENUE, vendor, metadata, contents, evidence)
    assert json.loads(outcome.certificate)["body"]["assay"]["documents"] == len(contents)


def test_a_secret_in_the_data_is_refused_and_its_bytes_are_not_kept(exchange, vendor):
    secret = "AKIA" + "J7Q2XN4WPZ5TKV3R"
    rows = documents()
    rows[5]["answer"] += f"\naws_access_key_id = {secret}"
    submission = dataset(rows=rows)
    assert "EX-01" in refused(exchange, vendor, submission)
    kept = b"".join(path.read_bytes() for path in exchange.vault.folder.rglob("*") if path.is_file())
    assert secret.encode() not in kept


def test_a_licence_that_conflicts_with_its_source_is_refused(exchange, vendor):
    source = [{"@id": "https://zh.wikipedia.org", "license": "CC-BY-SA-4.0", "tex:acquisition": "open"}]
    rules = refused(exchange, vendor, dataset(**{"prov:wasDerivedFrom": source}))
    assert rules == ["EX-09"]


def test_a_listing_that_states_no_source_is_refused_by_cn_02_with_its_article(exchange, vendor):
    with pytest.raises(OperationRefused) as caught:
        submit_listing(exchange, VENUE, vendor, *dataset(**{"prov:wasDerivedFrom": None}))
    (reason,) = [reason for reason in caught.value.reasons if reason.rule_id == "CN-02"]
    assert reason.law == "DSL Art. 33"


def test_personal_data_needs_its_consent_and_an_assessment(exchange, vendor):
    told = {"rai:personalSensitiveInformation": "Names of the authors.", "tex:persons": 12}
    assert {"CN-07", "CN-10"} <= set(refused(exchange, vendor, dataset(**told)))


def test_personal_data_of_an_unknown_number_of_people_is_an_incomplete_fact(exchange, vendor):
    told = {"rai:personalSensitiveInformation": "Names of the authors."}
    assert "FACT_MISSING" in refused(exchange, vendor, dataset(**told))


def test_important_data_is_refused_until_its_assessment_is_attached(exchange, vendor):
    submission = dataset(**{"tex:dataLevel": "important"})
    assert refused(exchange, vendor, submission) == ["CN-05"]
    name = hashlib.sha256(submission[0]).hexdigest()
    attach_approval(exchange, VENUE, name, "important-data-risk-assessment", b"the assessment")
    outcome = submit_listing(exchange, VENUE, vendor, *submission)
    assert outcome.base
    assert outcome.entitlement is None, "to sell it, a contract on its use is still missing (CN-11)"


def test_an_unknown_account_lists_nothing(exchange):
    refused(exchange, 999, dataset(), "UNKNOWN_ACCOUNT")


def test_an_unverified_participant_lists_nothing(exchange):
    participant = register_participant(exchange, VENUE, "Newcomer", "organisation", IDENTITY)
    account = open_account(exchange, VENUE, participant)
    assert refused(exchange, account, dataset()) == ["CN-01"]


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda m, f: (b"{", f), "BAD_JSON"),
        (lambda m, f: (m, {"data.jsonl": f["data.jsonl"] + b"\n"}), "FILE_SIZE_MISMATCH"),
        (lambda m, f: (m, {"data.jsonl": f["data.jsonl"][:-1] + b" "}), "FILE_HASH_MISMATCH"),
        (lambda m, f: (m, {}), "FILE_MISSING"),
        (lambda m, f: dataset(rows=documents(20))[:2], "TOO_SMALL"),
        (lambda m, f: dataset(**{"tex:persons": -1})[:2], "BAD_STATEMENT"),
        (lambda m, f: dataset(**{"tex:origin": "Atlantis"})[:2], "BAD_STATEMENT"),
    ],
)
def test_what_is_not_well_formed_is_refused_by_name_and_changes_nothing(exchange, vendor, break_it, code):
    croissant, files, evidence = dataset()
    before = exchange.sequence
    refused(exchange, vendor, (*break_it(croissant, files), evidence), code)
    assert exchange.sequence == before


def test_one_bad_document_is_certified_as_bad_and_is_in_no_lot(exchange, vendor):
    rows = documents()
    outcome = submit_listing(exchange, VENUE, vendor, *dataset(rows=[*rows[:100], {"question": 5}, *rows[100:]]))
    body = json.loads(outcome.certificate)["body"]["assay"]
    assert (body["documents"], body["bad_documents"]) == (len(rows), {"MISSING_FIELD": 1})
    assert body["taken"]["format"] == "jsonl"


def test_a_compressed_file_is_listed_by_what_it_holds(exchange, vendor):
    croissant, files, evidence = dataset()
    packed = gzip.compress(files["data.jsonl"])
    stated = json.loads(croissant.replace(b'"data.jsonl"', b'"data.jsonl.gz"'))
    stated["distribution"][0] |= {"sha256": hashlib.sha256(packed).hexdigest(), "contentSize": f"{len(packed)} B"}
    outcome = submit_listing(exchange, VENUE, vendor, json.dumps(stated).encode(), {"data.jsonl.gz": packed}, evidence)
    assert json.loads(outcome.certificate)["body"]["assay"]["documents"] == len(documents())


def test_the_same_listing_is_admitted_once(exchange, vendor):
    submission = dataset()
    first = submit_listing(exchange, VENUE, vendor, *submission)
    with pytest.raises(OperationRefused) as caught:
        submit_listing(exchange, VENUE, vendor, *submission)
    assert caught.value.code == "ALREADY_LISTED"
    assert caught.value.details == {"base": str(first.base)}


def test_two_datasets_of_one_name_get_codes_of_their_own(exchange, vendor):
    one = submit_listing(exchange, VENUE, vendor, *dataset("a very long name indeed"))
    two = submit_listing(exchange, VENUE, vendor, *dataset("a very long name indeed", documents(seed=8)))
    assert one.symbol == "AVERYLONGNAMEIND-CNY"
    assert two.symbol == "AVERYLONGNAMEIN2-CNY"


def test_of_one_listing_sent_in_twice_at_once_one_is_admitted(exchange, vendor):
    submission = dataset()

    def submit(_):
        try:
            return submit_listing(exchange, VENUE, vendor, *submission).base
        except OperationRefused as refused:
            return refused.code

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(submit, range(3)))
    (base,) = exchange.directory.bases
    assert sorted(map(str, answers)) == sorted([str(base), "ALREADY_LISTED", "ALREADY_LISTED"])


def test_datasets_of_one_name_listed_at_once_get_codes_of_their_own(exchange, vendor):
    submissions = [dataset("poems", documents(seed=seed)) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda each: submit_listing(exchange, VENUE, vendor, *each), submissions))
    assert {outcome.symbol for outcome in outcomes} == {"POEMS-CNY", "POEMS2-CNY", "POEMS3-CNY"}
    assert all(base.issued_claims for base in exchange.directory.bases.values())
    assert exchange.reconcile().agrees


@pytest.mark.parametrize("copies", [0, -1, MAX_LOTS])
def test_copies_are_a_positive_number_of_claims_in_all(exchange, vendor, copies):
    with pytest.raises(OperationRefused) as caught:
        submit_listing(exchange, VENUE, vendor, *dataset(), copies=copies)
    assert caught.value.code == "BAD_COPIES"
    assert not exchange.directory.bases


def test_copies_are_those_asked_for_or_else_those_the_listing_wishes(exchange, vendor):
    wished = dataset("wished", documents(seed=1), **{"tex:copies": 7})
    assert submit_listing(exchange, VENUE, vendor, *wished).copies == 7
    asked = dataset("asked", documents(seed=2), **{"tex:copies": 7})
    assert submit_listing(exchange, VENUE, vendor, *asked, copies=3).copies == 3


def test_a_refusal_is_in_the_journal_with_its_decision(exchange, vendor):
    with pytest.raises(OperationRefused) as caught:
        submit_listing(exchange, VENUE, vendor, *dataset(**{"rai:dataLicenseEvidence": None}))
    digest = caught.value.details["decision"]
    exchange.projector.wait_for(exchange.sequence, 10)
    (row,) = [row for row in exchange.register.decisions() if row["decision"].hex() == digest]
    assert not row["permitted"]
    decision = json.loads(exchange.vault.get(digest))
    assert not decision["permitted"]
    assert {reason["rule"] for reason in decision["reasons"]} >= {"CN-22"}
    assert json.loads(exchange.vault.get(row["subject"].hex()))["account"] == vendor


def test_the_same_documents_get_the_same_salts_after_a_refusal(exchange, vendor):
    croissant, files, evidence = dataset()
    refused(exchange, vendor, (croissant, files, {}))
    outcome = submit_listing(exchange, VENUE, vendor, croissant, files, evidence)
    assert outcome.dataset


def test_a_market_is_complete(exchange):
    there = market(exchange)
    assert (there.buyer_account, there.listed.instrument, Side.BUY) in exchange.directory.entitlements
