"""A server that is stopped and started goes on with the same market; one folder has one server."""

import pytest
from served import admit_firm, entitle, small_dataset, submit

pytestmark = pytest.mark.e2e


def seen(server, *firms):
    """All that clients are told of a market, without what time changes."""
    operator = server.operator
    public = {
        (product["id"], view): operator.get(f"/products/{product['id']}/{view}")
        for product in operator.get("/products")
        for view in ("book?level=3", "trades", "ticker")
    }
    for view in public.values():
        if isinstance(view, dict):
            view.pop("time", None)
    private = [
        firm.client.get(path)
        for firm in firms
        for path in ("/accounts", "/orders?status=all", "/fills", "/entitlements", "/deliveries")
    ]
    return public, private, operator.get("/datasets"), operator.get("/participants")


def again(firm, server):
    """The firm's key at a server that was started anew."""
    firm.client = server.client(firm.client.credentials)
    return firm


def test_a_restart_continues_the_same_market(server):
    vendor, buyer = admit_firm(server, "Vendor"), admit_firm(server, "Buyer", "50000.00")
    listed = submit(vendor, small_dataset(), copies=3)
    product, lot = listed["product_id"], listed["lot_size"]
    entitle(buyer, product, "buy", "sell")
    vendor.order(product, "sell", "800.00", lot)
    resting = vendor.order(product, "sell", "900.00", lot)
    buyer.order(product, "buy", "800.00", lot)
    bid = buyer.order(product, "buy", "700.00", lot)
    buyer.client.post("/deliveries", {"product_id": product, "lots": 1, "purpose": "training", "client_oid": "one"})
    before = seen(server, vendor, buyer)
    sequence = server.operator.get("/health")["sequence"]

    assert server.stop() == 0
    server.start()
    vendor, buyer = again(vendor, server), again(buyer, server)
    assert seen(server, vendor, buyer) == before
    assert server.operator.get("/health")["sequence"] >= sequence

    filled = buyer.order(product, "buy", "900.00", lot)
    assert filled["filled_size"] == lot
    assert vendor.client.get(f"/orders/{resting['id']}")["done_reason"] == "filled"
    buyer.client.ask("DELETE", f"/orders/{bid['id']}")
    assert buyer.balance("CNY")[2] == "0.00"
    replayed = buyer.client.post(
        "/deliveries", {"product_id": product, "lots": 1, "purpose": "training", "client_oid": "one"}
    )
    assert replayed["replayed"]
    assert server.operator.get("/reconciliation")["agrees"]
    assert server.operator.get("/trial-balance")["balanced"]


def test_a_second_process_on_the_same_folder_is_refused_by_name(server):
    first = server.process
    from_port, server.port = server.port, 0
    second = server.spawn()
    server.port = from_port
    assert second.wait(60) == 2
    assert "FOLDER_IN_USE" in server.log_tail()
    assert str(first.pid) in server.log_tail()
    assert first.poll() is None
    assert server.operator.get("/health")["status"] == "ok"


def test_a_port_in_use_is_refused_by_name(server):
    second = server.spawn()
    assert second.wait(60) == 2
    assert "ADDRESS_UNUSABLE" in server.log_tail()
