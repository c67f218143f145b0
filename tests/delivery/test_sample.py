import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from exchange.delivery.sample import (
    MOST_DRAWN,
    MOST_SHOWN,
    SampleError,
    draws,
    ends_with,
    seed_of,
    sign_sample,
    verify_sample,
)
from exchange.vocabulary.merkle import document_salt, merkle_proofs

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ASSAYER = KEY.public_key().public_bytes_raw()
SECRET = b"the dataset's secret"
AT_NS = 1_790_000_000_123_456_789


def count(text):
    return len(text.split())


@pytest.fixture(scope="module")
def sampled(dataset_of):
    """(certificate's facts, body): every third document that is drawn is withheld."""
    dataset = dataset_of([f"document {number} has a few words" for number in range(600)])
    assay = {"merkle_root": dataset.root.hex(), "documents": 600, "rtu": sum(row.rtu for row in dataset.rows)}
    proofs, told, shown = merkle_proofs(dataset.leaves), [], 0
    for index in draws(seed_of(dataset.root, 17, AT_NS), 600):
        if len(told) % 3 == 2:
            told.append({"index": index, "status": "personal_data"})
        else:
            row, shown = dataset.rows[index], shown + 1
            told.append(
                {
                    "index": index,
                    "status": "shown",
                    "text": dataset.documents[index].text,
                    "path": row.path,
                    "record": row.record,
                    "rtu": row.rtu,
                    "sha256": row.sha256.hex(),
                    "salt": document_salt(SECRET, index).hex(),
                    "proof": [node.hex() for node in proofs[index]],
                }
            )
        if ends_with(len(told), shown, 600):
            break
    body = {
        "format": "tlx-sample-1", "base": "QA", "sequence": 17, "at_ns": AT_NS, "root": assay["merkle_root"],
        "documents": 600, "draws": told, "earlier": {"9": 40},
    }  # fmt: skip
    return assay, body


def changed(body, change):
    copied = json.loads(json.dumps(body))
    change(copied)
    return copied


def test_a_sample_is_verified_from_its_bytes_and_the_certificate(sampled):
    assay, body = sampled
    verified = verify_sample(sign_sample(body, KEY), assay, ASSAYER, count)
    assert len(verified.documents) == MOST_SHOWN
    assert set(verified.withheld.values()) == {"personal_data"}
    assert (verified.base, verified.sequence, verified.at_ns, verified.earlier) == ("QA", 17, AT_NS, {9: 40})


CHOSEN = {
    "a document put in its place": lambda body: body["draws"][0].update(index=body["draws"][0]["index"] ^ 1),
    "one left out": lambda body: body["draws"].pop(1),
    "two exchanged": lambda body: body["draws"].reverse(),
    "an end that comes early": lambda body: body["draws"].pop(),
    "nothing drawn": lambda body: body["draws"].clear(),
    "a reason nobody knows": lambda body: body["draws"][2].update(status="dull"),
    "another time": lambda body: body.update(at_ns=body["at_ns"] + 1),
    "another admission": lambda body: body.update(sequence=18),
}


@pytest.mark.parametrize("how", CHOSEN)
def test_a_sample_that_somebody_chose_is_found_out(sampled, how):
    refused(changed(sampled[1], CHOSEN[how]), sampled[0], "SAMPLE_CHOSEN")


WRONG = {
    "another text": ("SAMPLE_MISMATCH", lambda body: body["draws"][0].update(text="a better document")),
    "another salt": ("SAMPLE_MISMATCH", lambda body: body["draws"][0].update(salt="00" * 16)),
    "a proof cut short": ("SAMPLE_MISMATCH", lambda body: body["draws"][0]["proof"].pop()),
    "fewer tokens than stated": ("SAMPLE_MISMATCH", lambda body: body["draws"][0].update(rtu=7)),
    "another root": ("SAMPLE_OF_ANOTHER", lambda body: body.update(root="00" * 32)),
    "fewer documents": ("SAMPLE_OF_ANOTHER", lambda body: body.update(documents=599)),
    "a salt that is no hex": ("SAMPLE_MALFORMED", lambda body: body["draws"][0].update(salt="salt")),
    "no draws": ("SAMPLE_MALFORMED", lambda body: body.pop("draws")),
    "a time before all time": ("SAMPLE_MALFORMED", lambda body: body.update(at_ns=-1)),
    "another format": ("SAMPLE_MALFORMED", lambda body: body.update(format="tlx-sample-2")),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_sample_that_is_not_what_it_says_is_refused_by_name(sampled, how):
    code, change = WRONG[how]
    refused(changed(sampled[1], change), sampled[0], code)


def test_a_sample_that_shows_too_much_is_refused(sampled):
    assay, body = sampled
    refused(body, assay | {"rtu": 2_000}, "SAMPLE_MISMATCH")


def test_a_sample_that_another_signed_is_refused(sampled):
    assay, body = sampled
    signed = sign_sample(body, Ed25519PrivateKey.from_private_bytes(bytes(31) + b"1"))
    with pytest.raises(SampleError) as caught:
        verify_sample(signed, assay, ASSAYER, count)
    assert caught.value.code == "SAMPLE_FORGED"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"body":{},"signature":"00"}', b'{"body": 1}', b"\xff"])
def test_bytes_that_are_no_sample_are_refused(sampled, content):
    with pytest.raises(SampleError) as caught:
        verify_sample(content, sampled[0], ASSAYER)
    assert caught.value.code == "SAMPLE_MALFORMED"


def refused(body, assay, code):
    with pytest.raises(SampleError) as caught:
        verify_sample(sign_sample(body, KEY), assay, ASSAYER, count)
    assert caught.value.code == code, str(caught.value)


@given(st.binary(min_size=32, max_size=32), st.integers(1, 200))
def test_drawing_goes_on_until_every_document_was_drawn_once(seed, documents):
    assert sorted(draws(seed, documents)) == list(range(documents))


def test_the_seed_and_the_order_stay_what_they_are():
    seed = seed_of(bytes(range(32)), 17, AT_NS)
    order = draws(seed, 1_000_000)
    assert seed.hex() == "b8a0fc8e7410e7571a57fa6416204e90d2e400f970bb0fd7f22f1c3b538aaa04"
    assert [next(order) for _ in range(4)] == [196605, 537250, 627288, 772357]


def test_every_document_is_drawn_about_as_often():
    """Of 4,000 seeds, each of ten documents comes first about 400 times: within six standard deviations of 19."""
    first = [next(draws(seed_of(bytes(32), sequence, AT_NS), 10)) for sequence in range(4_000)]
    assert all(400 - 114 < first.count(index) < 400 + 114 for index in range(10))


def test_drawing_is_bounded():
    assert [ends_with(MOST_DRAWN, 0, 600), ends_with(3, MOST_SHOWN, 600), ends_with(3, 1, 3)] == [True] * 3
