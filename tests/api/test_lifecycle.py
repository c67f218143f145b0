from contextlib import contextmanager

import pytest
from api_venue import ServerThread, refused, venue_of, with_market


@pytest.fixture
def held(venue):
    """The buyer holds claims on two lots, and has taken a third."""
    order = {"product_id": venue.product_id, "price": venue.price(100), "size": venue.size(3)}
    assert venue.vendor.order(side="sell", **order).status_code == 200
    assert venue.buyer.order(side="buy", **order).status_code == 200
    assert take(venue, "before").status_code == 200
    return venue


def take(venue, oid):
    return venue.buyer.post(
        "/deliveries", {"product_id": venue.product_id, "lots": 1, "purpose": "training", "client_oid": oid}
    )


def life(venue, client=None):
    return (client or venue.public).get(f"/datasets/{venue.product_id}/lifecycle").json()


def move(venue, name, **why):
    return venue.operator.post(f"/datasets/{venue.product_id}/lifecycle", {"move": name, **why})


def test_a_listings_life_is_told_from_collection_on_with_evidence(venue):
    told = life(venue)
    assert [stage["state"] for stage in told["stages"]] == ["collected", "processed", "assayed", "listed", "trading"]
    assert told["state"] == "trading"
    dataset = venue.public.get(f"/datasets/{venue.product_id}").json()
    collected, processed, assayed, listed, _ = told["stages"]
    assert collected["evidence"]["croissant"] == dataset["dataset"]
    assert set(processed["evidence"]) == {"croissant", "data.jsonl"}
    assert assayed["evidence"] == {"certificate": dataset["certificate"]}
    assert listed["evidence"] == {"dossier": dataset["listing"], "decision": dataset["decision"]}
    assert listed["at"] == dataset["listed_at"]
    times = [stage["at"] for stage in told["stages"] if stage["at"]]
    assert times[1:] == sorted(times[1:])


def test_a_halt_by_an_operator_suspends_and_opening_resumes(venue):
    path = f"/products/{venue.product_id}/phase"
    venue.operator.post(path, {"phase": "halted", "reason": "conduct", "note": "an inquiry"})
    assert life(venue)["state"] == "suspended"
    venue.operator.post(path, {"phase": "continuous"})
    told = life(venue)
    assert [stage["state"] for stage in told["stages"]][-3:] == ["trading", "suspended", "trading"]
    assert told["stages"][-2]["told"] == "conduct: an inquiry"


def test_a_withdrawn_listing_is_neither_traded_nor_delivered_nor_found_and_its_holders_are_told(held):
    assert held.buyer.get("/notices").json() == []
    told = move(held, "withdraw", reason="recall", note="consent was withdrawn").json()
    assert (told["state"], told["moves"]) == ("withdrawn", [])
    assert told["stages"][-1]["told"] == "recall: consent was withdrawn"
    product = held.public.get(f"/products/{held.product_id}").json()
    assert (product["phase"], product["phase_cause"]) == ("halted", "recall")
    assert held.public.get("/datasets").json() == []
    assert held.public.get(f"/datasets/{held.product_id}").json()["state"] == "withdrawn"
    order = {"product_id": held.product_id, "side": "buy", "price": held.price(100), "size": held.lot}
    refused(held.buyer.order(**order), 400, "INSTRUMENT_HALTED")
    answer = refused(take(held, "after"), 400, "GATE_REFUSED")
    assert [reason["rule"] for reason in answer["details"]["reasons"]] == ["EX-07"]
    for asked in (
        held.buyer.post("/entitlements", {"product_id": held.product_id, "side": "buy", "purpose": "training"}),
        held.buyer.get(f"/datasets/{held.product_id}/sample"),
    ):
        assert "EX-07" in [each["rule"] for each in refused(asked, 400, "GATE_REFUSED")["details"]["reasons"]]
    (notice,) = held.buyer.get("/notices").json()
    assert (notice["claims"], notice["lots_delivered"], notice["state"]) == (2, 1, "withdrawn")
    assert (notice["reason"], notice["note"], notice["size"]) == ("recall", "consent was withdrawn", held.size(2))
    assert held.member("Bystander").get("/notices").json() == []


def test_what_was_delivered_before_stays_with_its_holder(held):
    move(held, "withdraw")
    (lot,) = held.buyer.get("/deliveries").json()
    assert held.buyer.get(lot["manifest_url"]).status_code == 200


def test_nothing_opens_a_withdrawn_listing_again(held):
    move(held, "withdraw")
    path = f"/products/{held.product_id}/phase"
    for phase in ("continuous", "pre_open", "closed"):
        refused(held.operator.post(path, {"phase": phase}), 400, "RECALLED")
    for phase in ("cancel_only", "halted"):
        assert held.operator.post(path, {"phase": phase, "reason": "recall"}).status_code == 200
    for name in ("withdraw", "recall", "reinstate"):
        refused(move(held, name), 400, "ILLEGAL_MOVE")


def test_a_recall_is_lifted_and_trading_goes_on_after_another_decision(held):
    assert [each["price_from"] for each in held.public.get("/datasets").json()] == ["last"]
    assert move(held, "recall").json()["moves"] == ["reinstate", "withdraw"]
    assert held.public.get("/datasets").json() == []
    refused(take(held, "meanwhile"), 400, "GATE_REFUSED")
    assert move(held, "reinstate", note="cleared").json()["state"] == "suspended"
    priced = held.public.get("/datasets", sortedBy="price", min_price="0.01").json()
    assert [each["state"] for each in priced] == ["suspended"]
    assert held.buyer.get("/notices").json() == []
    assert take(held, "afterwards").status_code == 200
    assert held.operator.post(f"/products/{held.product_id}/phase", {"phase": "continuous"}).status_code == 200
    assert [each["product_id"] for each in held.public.get("/datasets").json()] == [held.product_id]
    states = [stage["state"] for stage in life(held)["stages"]]
    assert states[-4:] == ["trading", "recalled", "suspended", "trading"]


def test_what_was_halted_for_another_cause_is_halted_for_the_recall(held):
    held.operator.post(f"/products/{held.product_id}/phase", {"phase": "halted", "reason": "technical"})
    move(held, "recall")
    assert held.public.get(f"/products/{held.product_id}").json()["phase_cause"] == "recall"


def test_a_withdrawal_outlives_the_server(tmp_path):
    with ServerThread(tmp_path / "data") as server, closing(with_market(venue_of(server))) as venue:
        product = venue.product_id
        assert move(venue, "withdraw", note="for good").status_code == 200
    with ServerThread(tmp_path / "data") as server, closing(venue_of(server)) as again:
        told = again.public.get(f"/datasets/{product}/lifecycle").json()
        assert (told["state"], told["stages"][-1]["told"]) == ("withdrawn", "operator: for good")
        assert again.public.get("/datasets").json() == []


@contextmanager
def closing(venue):
    yield venue
    for client in venue.clients:
        client.close()


def test_only_an_operator_moves_a_listing(shared):
    path = f"/datasets/{shared.product_id}/lifecycle"
    refused(shared.vendor.post(path, {"move": "withdraw"}), 400, "MISSING_SCOPE")
    refused(shared.operator.post(path, {"move": "suspend"}), 400, "BAD_REQUEST")
    refused(shared.operator.post("/datasets/GOLD-CNY/lifecycle", {"move": "withdraw"}), 404, "UNKNOWN_PRODUCT")
