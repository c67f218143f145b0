"""The simulated market's pure parts: participants decide alike by seed, listings are real, books follow messages."""

import json
import stat
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.documents import read_documents
from exchange.assay.pipeline import assay_documents
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import verify_files
from exchange.vocabulary.instruments import Side
from simulations.market.agents import (
    Belief,
    Cancel,
    Place,
    Resting,
    Role,
    Sight,
    Style,
    TakeDelivery,
    act,
    anchor_price,
)
from simulations.market.books import Books, GapError, Product
from simulations.market.credentials import Credentials, CredentialsError, read_credentials, read_private, write_private
from simulations.market.enrolment import plans
from simulations.market.installation import docstrings, installation_submissions, is_clean
from simulations.market.papers import is_liftable, with_papers
from simulations.market.settings import parse_settings
from simulations.market.submission import LISTINGS, folder_submissions, known_listings

TICKS = st.integers(min_value=10, max_value=100_000)
SIGHTS = st.builds(
    Sight,
    fair_ticks=TICKS,
    bid_ticks=st.none() | TICKS,
    ask_ticks=st.none() | TICKS,
    affordable_lots=st.integers(min_value=0, max_value=50),
    claims=st.integers(min_value=0, max_value=50),
    undelivered_lots=st.integers(min_value=0, max_value=3),
    orders=st.lists(
        st.builds(Resting, st.text(min_size=1, max_size=4), st.sampled_from(Side), TICKS), max_size=10
    ).map(tuple),
)  # fmt: skip


def day(seed, turns=400):
    """What one participant of each role does in a steady market."""
    chance, belief = Random(seed), Belief(1_000)
    return [
        act(role, Sight(belief.step(chance), 990, 1_010, 20, 20, 2, ()), chance) for _ in range(turns) for role in Role
    ]


def test_participants_decide_alike_by_the_same_seed():
    assert day(7) == day(7)
    assert day(7) != day(8)


def test_a_day_has_quotes_takers_and_deliveries():
    done = day(1)
    placed = [action for action in done if isinstance(action, Place)]
    assert {action.style for action in placed} == set(Style)
    assert {action.side for action in placed} == set(Side)
    assert any(isinstance(action, TakeDelivery) for action in done)


@given(role=st.sampled_from(Role), sight=SIGHTS, seed=st.integers(0, 2**32))
def test_nobody_offers_what_it_does_not_have(role, sight, seed):
    action = act(role, sight, Random(seed))
    if isinstance(action, Place):
        assert 0 < action.lots <= (sight.affordable_lots if action.side is Side.BUY else sight.claims)
        assert action.price_ticks > 0
    if isinstance(action, Cancel):
        assert action.order_id in {order.order_id for order in sight.orders}
    if isinstance(action, TakeDelivery):
        assert action.lots <= min(sight.claims, sight.undelivered_lots)


@given(role=st.sampled_from(Role), sight=SIGHTS, seed=st.integers(0, 2**32))
def test_a_resting_order_does_not_cross_the_book(role, sight, seed):
    action = act(role, sight, Random(seed))
    if isinstance(action, Place) and action.style is Style.REST:
        if action.side is Side.BUY and sight.ask_ticks is not None:
            assert action.price_ticks < sight.ask_ticks
        if action.side is Side.SELL and sight.bid_ticks is not None:
            assert action.price_ticks > sight.bid_ticks


@given(sight=SIGHTS, seed=st.integers(0, 2**32))
def test_a_vendor_only_sells(sight, seed):
    action = act(Role.VENDOR, sight, Random(seed))
    assert not isinstance(action, TakeDelivery)
    assert not isinstance(action, Place) or action.side is Side.SELL


@given(anchor=st.integers(0, 10**7), seed=st.integers(0, 2**32))
def test_a_belief_stays_near_its_anchor(anchor, seed):
    belief, chance = Belief(anchor), Random(seed)
    prices = [belief.step(chance) for _ in range(300)]
    assert min(prices) >= 2
    assert max(prices) < 2 * belief.anchor_ticks + 100


def test_an_order_far_from_the_belief_is_taken_back_first():
    orders = (Resting("near", Side.SELL, 1_001), Resting("far", Side.SELL, 1_100), Resting("off", Side.SELL, 1_040))
    assert act(Role.MAKER, Sight(1_000, None, None, 5, 5, 0, orders), Random(1)) == Cancel("far")


def test_a_price_belongs_to_its_dataset():
    assert anchor_price("GSM8K", 400, 4_000) == anchor_price("GSM8K", 400, 4_000) != anchor_price("CNLAWS", 400, 4_000)


@pytest.fixture(scope="module")
def installation():
    return {submission.name: submission for submission in installation_submissions()}


def test_the_installation_has_five_datasets(installation):
    assert list(installation) == [
        "python-topics", "python-docstrings", "python-packages", "python-modules", "python-signed-modules",
    ]  # fmt: skip
    for submission in installation.values():
        assert (
            b"PSF" in submission.evidence["LICENSE"] or b"Python Software Foundation" in submission.evidence["LICENSE"]
        )


def documents_of(submission):
    listing = read_listing(submission.croissant)
    verified = verify_files(listing, {**submission.files, **submission.evidence})
    return listing, list(read_documents(verified, listing.recipe))


def test_its_listings_are_valid_and_their_documents_are_read(installation):
    for submission in installation.values():
        listing, documents = documents_of(submission)
        assert (listing.name, listing.licence) == (submission.name, "PSF-2.0")
        assert len(documents) > 50
        assert listing.evidence_of("licence-file") == ("LICENSE",)


def test_only_the_signed_modules_hold_personal_data_and_say_so(installation):
    for submission in installation.values():
        listing, documents = documents_of(submission)
        clean = [is_clean(document.text) for document in documents]
        signed = submission.name == "python-signed-modules"
        assert listing.declares_personal_data == signed
        assert not any(clean) if signed else all(clean)


def test_the_topics_pass_the_assay(installation):
    listing, documents = documents_of(installation["python-topics"])
    body = assay_documents(
        documents,
        name=listing.name,
        version=listing.version,
        secret=bytes(32),
        declared={"language": "en", "licence_evidence": True, "files_verified": True, "source_stated": True},
    ).body
    assert body["documents"] == len(documents)
    assert body["rtu"] > 60_000


def test_the_same_installation_gives_the_same_listing(installation):
    assert next(installation_submissions()) == installation["python-topics"]


def test_docstrings_are_those_of_modules_classes_and_functions_if_they_say_something():
    long = "x " * 80
    source = (
        f'"""{long}m"""\nclass A:\n    """{long}c"""\n    def f(self):\n        """{long}f"""\n        "{long}no"\n'
    )
    assert [text[-1] for text in docstrings(source + 'def g():\n    """Short."""\n')] == ["m", "c", "f"]


def test_a_folder_without_datasets_gives_none(tmp_path):
    assert known_listings(tmp_path) == []


def test_a_folder_gives_what_its_listing_names_the_smallest_first(tmp_path):
    for name in ("tiny-shakespeare", "gsm8k"):
        (tmp_path / name).mkdir()
        for file in ("input.txt", "train.jsonl", "LICENSE"):
            (tmp_path / name / file).write_bytes(b"text")
    small, large = folder_submissions(tmp_path, known_listings(tmp_path))
    assert (small.name, list(small.files), list(small.evidence)) == ("tiny-shakespeare", ["input.txt"], [])
    assert (large.name, list(large.files), list(large.evidence)) == ("gsm8k", ["train.jsonl"], ["LICENSE"])
    assert large.croissant == (LISTINGS / "gsm8k.croissant.json").read_bytes()


PRODUCT = {
    "id": "GSM8K-CNY", "base_currency": "GSM8K", "quote_currency": "CNY", "quote_increment": "0.20",
    "base_increment": "0.450000", "lots": "3",
}  # fmt: skip


def books():
    followed = Books()
    return followed, followed.add(Product.of(PRODUCT))


def test_a_product_tells_ticks_lots_and_what_a_lot_costs():
    product = Product.of(PRODUCT)
    assert product.scales == (20, 2, 450_000)
    assert product.cost_minor(5_000) == 45_000, "0.45 million RTU at 1,000.00 a million cost 450.00"


def test_a_book_follows_snapshot_updates_and_trades():
    followed, book = books()
    followed.apply(
        {"type": "snapshot", "product_id": "GSM8K-CNY", "sequence": 4,
         "bids": [["99.80", "0.900000", 2]], "asks": [["100.00", "0.450000", 1]]}
    )  # fmt: skip
    followed.apply(
        {"type": "l2update", "product_id": "GSM8K-CNY", "prev_sequence": 4, "sequence": 6,
         "changes": [["buy", "99.80", "0.000000"], ["buy", "99.60", "1.350000"], ["sell", "100.00", "0.900000"]]}
    )  # fmt: skip
    followed.apply({"type": "match", "product_id": "GSM8K-CNY", "price": "100.00"})
    assert (book.bid_ticks, book.ask_ticks, book.last_ticks, book.trades) == (498, 500, 500, 1)
    assert book.levels == {Side.BUY: {498: 3}, Side.SELL: {500: 2}}


def test_a_missing_message_is_noticed():
    followed, _ = books()
    followed.apply({"type": "snapshot", "product_id": "GSM8K-CNY", "sequence": 4, "bids": [], "asks": []})
    with pytest.raises(GapError):
        followed.apply(
            {"type": "l2update", "product_id": "GSM8K-CNY", "prev_sequence": 5, "sequence": 6, "changes": []}
        )


def test_what_is_kept_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "vendor-1.json"
    assert read_private(path) == {}
    write_private(path, {"key": "k", "secret": "c2VjcmV0", "passphrase": "p"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    credentials = read_credentials(path)
    assert credentials == Credentials("k", b"secret", "p")
    assert "secret" not in repr(credentials)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": "k", "secret": "%", "passphrase": "p"}'])
def test_a_file_without_a_key_is_refused_by_name(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(CredentialsError):
        read_credentials(tmp_path / "bad.json")


def test_every_name_says_that_it_is_simulated():
    made = plans(2, 3)
    assert [plan.name for plan in made] == [
        "Simulated vendor 1", "Simulated vendor 2", "Simulated buyer 1", "Simulated buyer 2", "Simulated buyer 3",
    ]  # fmt: skip
    assert [plan.role for plan in made] == [Role.VENDOR, Role.VENDOR, Role.MAKER, Role.TAKER, Role.MAKER]


def test_settings_have_bounds(capsys):
    settings = parse_settings(["--operator", "o.json", "--state", "s", "--rate", "5"])
    assert (settings.rate, settings.seconds, settings.again) == (5.0, None, False)
    for wrong in (["--rate", "0"], ["--rate", "1e9"], ["--vendors", "0"], ["--seconds", "soon"]):
        with pytest.raises(SystemExit):
            parse_settings(["--operator", "o.json", "--state", "s", *wrong])
    capsys.readouterr()


def test_only_missing_papers_are_made_up_for():
    assert is_liftable({"reasons": [{"rule": "CN-07"}, {"rule": "CN-10"}]})
    assert not is_liftable({"reasons": [{"rule": "CN-07"}, {"rule": "CN-08"}]})
    assert not is_liftable({"reasons": [{"rule": "CN-22"}]})
    assert not is_liftable({"reasons": []})


def test_papers_state_the_basis_and_how_many_persons(installation):
    signed = installation["python-signed-modules"]
    papers = with_papers(signed)
    listing = read_listing(papers.submission.croissant)
    assert listing.evidence_of("lawfully-public") == ("public-basis.txt",)
    assert papers.submission.files == signed.files
    assert papers.dataset == listing.sha256
    assert 50 < json.loads(papers.submission.croissant)["tex:persons"] < 500
    for text in (papers.assessment, papers.submission.evidence["public-basis.txt"]):
        assert text.startswith(b"Simulated evidence")
