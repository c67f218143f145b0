"""Pools: a class, what belongs to it, and lots of several datasets delivered for claims of one kind."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from open_venue import dataset, documents, member, opened, order, refusal
from test_issuing import PulledPlug, dying_at

from exchange.assay.certificate import verify_certificate
from exchange.catalogue.lifecycle import Move
from exchange.compliance.pools import PoolClass
from exchange.delivery.verify import verify_lot
from exchange.operations.delivering import free_claims, open_lot, take_delivery
from exchange.operations.entitling import request_entitlement
from exchange.operations.lifecycle import move_listing
from exchange.operations.listing import submit_listing
from exchange.operations.pooling import candidate, class_of, define_pool, finish_pools, pool_claims
from exchange.operations.recovery import StartRefused
from exchange.runtime import Exchange, Settings
from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Cause, Phase, Purpose, Side
from exchange.vocabulary.participants import VENUE


def of(exchange, base, **changes):
    """The class that a listed dataset just meets."""
    entry = exchange.directory.bases[base]
    found = candidate(exchange, entry)
    stated = PoolClass(
        sector=found.sector, language=found.language, kind=found.kind, grade=found.grade, licence="MIT",
        purposes=("training",), territories=("CN",), lot_rtu=entry.lot_rtu, tick_minor=10_000,
    )  # fmt: skip
    return replace(stated, **changes)


def pooled_venue(exchange):
    """Two vendors with a dataset each, alike but for their words, and a pool that both meet."""
    _, first = member(exchange, "First")
    _, second = member(exchange, "Second")
    one = submit_listing(exchange, VENUE, first, *dataset("one", documents(seed=1)), copies=2)
    two = submit_listing(exchange, VENUE, second, *dataset("two", documents(seed=2), version="2"), copies=2)
    pool, instrument = define_pool(exchange, VENUE, "QAEN", of(exchange, one.base))
    return SimpleNamespace(
        exchange=exchange, first=first, second=second, one=one, two=two, pool=pool, instrument=instrument.instrument
    )


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    exchange = opened(tmp_path_factory.mktemp("pools") / "venue", clock_idle_s=3600.0)
    yield pooled_venue(exchange)
    exchange.close()


def pooling(there, account, listed, lots=1, key="p", pool=None):
    return pool_claims(there.exchange, VENUE, account, listed.base, pool or there.pool.pool, lots, key)


def test_a_pool_opens_with_a_market_of_its_own(pools):
    product = pools.exchange.directory.by_symbol("QAEN-CNY")
    assert (product.base, product.phase, product.tick_minor) == (pools.pool.pool, Phase.CONTINUOUS, 10_000)
    assert class_of(pools.exchange, pools.pool).kind == "qa-sft"


def test_claims_of_two_datasets_are_pooled_traded_and_delivered_as_their_lots(exchange):
    there = pooled_venue(exchange)
    pooling(there, there.second, there.two, 1)
    pooling(there, there.first, there.one, 2)
    assert exchange.directory.pooled[there.pool.pool] == {there.two.base: 1, there.one.base: 2}
    buyer, account = member(exchange, "Buyer", cash_minor=10**9)
    for seller, lots in ((there.second, 1), (there.first, 1)):
        request_entitlement(exchange, VENUE, seller, there.instrument, Side.SELL, Purpose.TRAINING)
        order(exchange, seller, there.instrument, Side.SELL, 50, lots)
    request_entitlement(exchange, VENUE, account, there.instrument, Side.BUY, Purpose.TRAINING)
    order(exchange, account, there.instrument, Side.BUY, 50, 2)
    assert free_claims(exchange, account, there.pool.pool) == 2
    taking = (exchange, VENUE, account, there.pool.pool, 2, Purpose.TRAINING, "k")
    came = take_delivery(*taking)
    assert came.drawn == ((there.two.base, 0), (there.one.base, 0))
    assert exchange.directory.pooled[there.pool.pool] == {there.two.base: 0, there.one.base: 1}
    for listed, (base, lot) in zip((there.two, there.one), came.drawn, strict=True):
        proven(exchange, buyer, listed, base, lot)
    told = json.loads(exchange.vault.get(came.decision.hex()))
    assert [each["permitted"] for each in told["decisions"]] == [True, True]
    again = take_delivery(*taking)
    assert (again.drawn, again.replayed, again.decision) == (came.drawn, True, came.decision)
    assert exchange.reconcile().agrees


def proven(exchange, participant, listed, base, lot):
    """The lot is open to the participant and verifies against the certificate of its own dataset."""
    now_s = exchange.now_ns() // 10**9
    certificate = verify_certificate(listed.certificate, trusted_assayers=[exchange.assayer], now_s=now_s)
    manifest, blob = (
        open_lot(exchange, participant, base, lot, part).path.read_bytes() for part in ("manifest", "blob")
    )
    assert verify_lot(manifest, blob, bytes.fromhex(certificate.assay["merkle_root"])).lot == lot


def test_the_same_key_pools_once(pools):
    first = pooling(pools, pools.first, pools.one, 1, "once")
    again = pooling(pools, pools.first, pools.one, 1, "once")
    assert (first.replayed, again.replayed, again.decision) == (False, True, first.decision)
    refusal("DUPLICATE_TRANSFER_KEY", pooling, pools, pools.first, pools.one, 2, "once")


def test_more_than_is_free_is_not_pooled(pools):
    refusal("INSUFFICIENT_CLAIMS", pooling, pools, pools.first, pools.one, 1_000, "all")


def test_what_is_unknown_is_not_pooled(pools):
    refusal("UNKNOWN_ACCOUNT", pooling, pools, 10**6, pools.one)
    refusal("UNKNOWN_PRODUCT", pooling, pools, pools.first, pools.one, pool=10**6)
    refusal("UNKNOWN_PRODUCT", pooling, pools, pools.first, SimpleNamespace(base=10**6))


def test_a_pool_without_claims_delivers_none(pools):
    empty, _ = define_pool(pools.exchange, VENUE, "EMPTY", of(pools.exchange, pools.one.base))
    taking = (pools.exchange, VENUE, pools.first, empty.pool, 1, Purpose.TRAINING, "none")
    refusal("INSUFFICIENT_CLAIMS", take_delivery, *taking)


def test_delivery_for_a_purpose_that_no_lot_is_offered_for_is_denied(pools):
    pooling(pools, pools.second, pools.two, 1, "for retrieval")
    taking = (pools.exchange, VENUE, pools.second, pools.pool.pool, 1, Purpose.RETRIEVAL, "retrieval")
    assert [reason.rule_id for reason in refusal("GATE_REFUSED", take_delivery, *taking).reasons] == ["EX-02"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"lot_rtu": 20_000_000}, "PL-01"),
        ({"sector": "medicine"}, "PL-04"),
        ({"language": "zh"}, "PL-05"),
        ({"kind": "code"}, "PL-06"),
        ({"licence": "CC-BY-4.0"}, "PL-07"),
        ({"purposes": ("research", "training")}, "PL-08"),
        ({"territories": ("worldwide",)}, "PL-09"),
    ],
)
def test_a_dataset_of_another_class_is_refused_by_rule_and_on_record(pools, change, rule):
    exchange = pools.exchange
    code = "C" + rule.replace("-", "")
    pool, _ = define_pool(exchange, VENUE, code, of(exchange, pools.one.base, **change))
    before = free_claims(exchange, pools.first, pools.one.base)
    refused = refusal("GATE_REFUSED", pooling, pools, pools.first, pools.one, key=code, pool=pool.pool)
    assert [(reason.rule_id, reason.law) for reason in refused.reasons] == [(rule, "exchange rule")]
    assert free_claims(exchange, pools.first, pools.one.base) == before
    (row,) = exchange.register.decision(bytes.fromhex(refused.details["decision"]))
    assert (row["permitted"], row["account"]) == (0, pools.first)
    told = json.loads(exchange.vault.get(refused.details["decision"]))
    assert (told["permitted"], told["class"]) == (False, pool.listing.hex())


def test_an_expired_certificate_belongs_to_no_class(pools, monkeypatch):
    exchange, later_ns = pools.exchange, pools.exchange.now_ns() + 10**18
    monkeypatch.setattr(exchange, "now_ns", lambda: later_ns)
    refused = refusal("GATE_REFUSED", pooling, pools, pools.first, pools.one, key="late")
    assert "PL-02" in [reason.rule_id for reason in refused.reasons]


def test_a_pool_delivers_the_others_while_one_of_its_datasets_is_recalled(exchange):
    there = pooled_venue(exchange)
    pooling(there, there.second, there.two, 1)
    pooling(there, there.first, there.one, 2)
    pool, bases = there.pool.pool, exchange.directory.bases
    move_listing(exchange, VENUE, bases[there.two.base], Move.RECALL, Cause.RECALL, "consent was withdrawn")
    refusal("RECALLED", pooling, there, there.second, there.two, key="q")
    came = take_delivery(exchange, VENUE, there.first, pool, 1, Purpose.TRAINING, "k")
    assert came.drawn == ((there.one.base, 0),)
    told = json.loads(exchange.vault.get(came.decision.hex()))
    assert [each["permitted"] for each in told["decisions"]] == [True]
    move_listing(exchange, VENUE, bases[there.one.base], Move.WITHDRAW, Cause.RECALL, "")
    refusal("WITHHELD", take_delivery, exchange, VENUE, there.first, pool, 1, Purpose.TRAINING, "l")
    move_listing(exchange, VENUE, bases[there.two.base], Move.REINSTATE, Cause.OPERATOR, "cleared")
    came = take_delivery(exchange, VENUE, there.first, pool, 1, Purpose.TRAINING, "m")
    assert came.drawn == ((there.two.base, 0),)


def test_a_recall_outlives_a_restart_in_the_machine_too(exchange):
    there = pooled_venue(exchange)
    entry = exchange.directory.bases[there.two.base]
    move_listing(exchange, VENUE, entry, Move.RECALL, Cause.RECALL, "consent was withdrawn")
    exchange.close()
    again = Exchange.open(Settings(data_folder=exchange.settings.data_folder))
    again.start()
    assert again.directory.bases[entry.base].withheld
    move_listing(again, VENUE, again.directory.bases[entry.base], Move.REINSTATE, Cause.OPERATOR, "cleared")
    assert not again.directory.bases[entry.base].withheld
    again.close()


def test_a_class_that_its_licence_does_not_permit_is_not_admitted(pools):
    stated = of(pools.exchange, pools.one.base, licence="CC-BY-NC-4.0")
    refused = refusal("GATE_REFUSED", define_pool, pools.exchange, VENUE, "NONCOM", stated)
    assert [reason.rule_id for reason in refused.reasons] == ["PL-12"]
    assert not any(pool.code == "NONCOM" for pool in pools.exchange.directory.pools.values())


@pytest.mark.parametrize(
    "change",
    [
        {"sector": ""}, {"language": "english"}, {"kind": "poetry"}, {"grade": "ungraded"}, {"purposes": ()},
        {"purposes": ("gambling",)}, {"territories": ()}, {"territories": ("China",)}, {"lot_rtu": 0},
        {"tick_minor": 0}, {"tick_minor": 1},
    ],
)  # fmt: skip
def test_a_class_that_makes_no_sense_is_refused(pools, change):
    sequence = pools.exchange.sequence
    stated = of(pools.exchange, pools.one.base, **change)
    assert refusal("BAD_CLASS", define_pool, pools.exchange, VENUE, "WRONG", stated).details["fields"]
    assert pools.exchange.sequence == sequence


def test_a_pools_code_is_free_and_a_code(pools):
    stated = of(pools.exchange, pools.one.base)
    refusal("DUPLICATE_CODE", define_pool, pools.exchange, VENUE, "QAEN", stated)
    refusal("BAD_VALUE", define_pool, pools.exchange, VENUE, "qa en", stated)


def test_a_pool_that_was_interrupted_is_finished_at_the_next_start(exchange, monkeypatch):
    _, vendor = member(exchange, "Vendor")
    listed = submit_listing(exchange, VENUE, vendor, *dataset())
    stated = of(exchange, listed.base)
    dying_at(exchange, commands.DefineInstrument, monkeypatch)
    with pytest.raises(PulledPlug):
        define_pool(exchange, VENUE, "QAEN", stated)
    exchange.close()
    again = Exchange.open(Settings(data_folder=exchange.settings.data_folder))
    again.start()
    (pool,) = again.directory.pools
    assert (finish_pools(again), finish_pools(again)) == ([pool], [])
    assert again.directory.instrument_of(pool).phase == Phase.CONTINUOUS
    pool_claims(again, VENUE, vendor, listed.base, pool, 1, "p")
    again.close()


def test_a_pool_whose_class_is_lost_keeps_the_exchange_from_starting(exchange):
    stated = PoolClass(
        sector="education", language="en", kind="qa-sft", grade="G1", licence="MIT", purposes=("training",),
        territories=("CN",), lot_rtu=10_000, tick_minor=100,
    )  # fmt: skip
    pool, _ = define_pool(exchange, VENUE, "QAEN", stated)
    exchange.close()
    exchange.vault.path(pool.listing.hex()).unlink()
    with pytest.raises(StartRefused, match="VAULT_INCOMPLETE"):
        Exchange.open(Settings(data_folder=exchange.settings.data_folder))
