"""A real server process on a free port, and clients that speak to it as any firm would."""

import contextlib
import copy
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from exchange.vocabulary.signing import headers
from simulations.market.credentials import read_credentials

REPOSITORY = Path(__file__).parents[2]
LISTINGS = REPOSITORY / "simulations" / "listings"
DATA = REPOSITORY.parent / "shared" / "data" / "datasets"
LICENCE = b"MIT License. Permission is hereby granted, free of charge, to any person obtaining a copy."
CONTRACT_TERMS = "purpose,method,scope,security-duties"
START_S, STOP_S = 60, 60


class Refusal(AssertionError):  # noqa: N818 - a refusal is an answer.
    """An answer that is no success; `code` and `details` as told."""

    def __init__(self, response):
        told = response.json()
        super().__init__(f"{response.request.method} {response.request.url}: {response.status_code} {told}")
        self.status, self.code, self.details = response.status_code, told["code"], told["details"]
        self.told = told


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One venue's folder, and the process that serves it now."""

    def __init__(self, folder, **settings):
        self.folder, self.port = Path(folder), free_port()
        self.settings = settings
        self.process = None
        self.clients = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def environment(self):
        own = {
            "TLX_DATA_FOLDER": str(self.folder),
            "TLX_VENUE_NAME": "Test Venue",
            "TLX_API_PORT": str(self.port),
            "TLX_API_KEY_RATE": "5000",
            "TLX_API_KEY_BURST": "10000",
            "TLX_API_CANCEL_RATE": "5000",
            "TLX_API_CANCEL_BURST": "10000",
            "TLX_API_ADDRESS_RATE": "5000",
            "TLX_API_ADDRESS_BURST": "10000",
        }
        return {**os.environ, **own, **self.settings}

    def spawn(self):
        """Start a process, without waiting for it; its log goes to a file beside the folder."""
        with self.folder.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "api.server"], cwd=REPOSITORY, env=self.environment(), stderr=log, stdout=log
            )

    def start(self):
        self.process = self.spawn()
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log_tail()}"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/time").is_success:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"no answer within {START_S} s: {self.log_tail()}")

    def log_tail(self):
        return self.folder.with_suffix(".log").read_text()[-3000:]

    def stop(self):
        """End it as an operator does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_S)

    def close(self):
        for client in self.clients:
            client.http.close()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def client(self, credentials):
        """A client with a connection of its own, closed with the server."""
        self.clients.append(Client(self.url, credentials))
        return self.clients[-1]

    @property
    def operator(self):
        return self.client(self.folder / "operator.json")


class Client:
    """Signs what it sends with one key, over a connection of its own."""

    def __init__(self, url, credentials):
        self.credentials = read_credentials(credentials) if isinstance(credentials, Path) else credentials
        self.http = httpx.Client(base_url=url, timeout=120)

    def send(self, method, path, body=None, *, files=None, content=None, **more):
        """The response, whatever it is."""
        request = self.http.build_request(method, path, json=body, files=files, content=content, **more)
        signed = request.read()
        seconds, rest_ns = divmod(time.time_ns(), 10**9)
        key, timestamp = self.credentials, f"{seconds}.{rest_ns:09d}"
        path = request.url.raw_path.decode()
        request.headers.update(headers(key.key, key.secret, key.passphrase, timestamp, method, path, signed))
        return self.http.send(request)

    def ask(self, method, path, body=None, **more):
        """The JSON of a success; Refusal otherwise."""
        response = self.send(method, path, body, **more)
        if not response.is_success:
            raise Refusal(response)
        return response.json() if response.content else None

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)

    def bytes(self, path):
        response = self.send("GET", path)
        if not response.is_success:
            raise Refusal(response)
        return response.content

    def refused(self, method, path, body=None, **more):
        """The refusal that this must get."""
        response = self.send(method, path, body, **more)
        assert not response.is_success, response.text
        return Refusal(response)


@dataclass
class Firm:
    """A participant with an account, and a client that trades for it."""

    participant: str
    account: str
    client: Client = field(repr=False)

    def balance(self, currency):
        """(balance, available, hold) as strings; zeros where the account never had any."""
        for entry in self.client.get("/accounts"):
            if entry["currency"] == currency:
                return entry["balance"], entry["available"], entry["hold"]
        return None

    def order(self, product_id, side, price, size, **more):
        body = {"type": "limit", "side": side, "product_id": product_id, "price": price, "size": size}
        return self.client.post("/orders", {**body, "client_oid": str(uuid.uuid4()), **more})


def admit_firm(server, name, cash="0", *, terms=""):
    """A verified, active, simulated participant with an account, a key, and cash."""
    operator = server.operator
    form = [(key, (None, value)) for key, value in (
        ("name", name), ("kind", "organisation"), ("jurisdiction", "CN"), ("simulated", "true"),
        *([("contract_terms", terms)] if terms else []),
    )]  # fmt: skip
    evidence = ("evidence", ("business-licence.txt", b"Business licence of a firm that a test made up"))
    participant = operator.post("/participants", files=[*form, evidence])["id"]
    for state in ("verified", "active"):
        operator.post(f"/participants/{participant}/state", {"state": state})
    account = operator.post(f"/participants/{participant}/accounts")["id"]
    user = operator.post(f"/participants/{participant}/users", {"roles": ["vendor", "buyer"]})["id"]
    key = operator.post(f"/users/{user}/keys", {"scopes": ["view", "trade"]})
    path = server.folder.with_name(f"{name.replace(' ', '-')}.json")
    path.write_text(json.dumps(key))
    if float(cash):
        operator.post(f"/accounts/{account}/deposits", {"currency": "CNY", "amount": cash, "key": f"opening {name}"})
    return Firm(participant, account, server.client(path))


def riddles(count=240, seed=7):
    """Questions with answers, about 130 tokens each, alike on every run; as JSON lines."""
    words = [
        a + b for a in ("mar", "fen", "tol", "bri", "cas", "lun", "ved", "por") for b in ("ket", "der", "ish", "an")
    ]
    chance = random.Random(seed)

    def sentence(length):
        return " ".join(chance.choice(words) for _ in range(length)) + f" {chance.randrange(1000)}."

    rows = [{"question": sentence(12), "answer": " ".join(sentence(11) for _ in range(3))} for _ in range(count)]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def small_dataset(name="riddles", *, seed=7, content=None, **changes):
    """(metadata, files, evidence) of an honest listing that the test wrote itself, with top-level `changes`."""
    content = riddles(seed=seed) if content is None else content
    metadata = copy.deepcopy(json.loads((LISTINGS / "gsm8k.croissant.json").read_text()))
    metadata["name"] = name
    file = metadata["distribution"][0]
    file |= {"@id": "data.jsonl", "name": "data.jsonl", "contentUrl": "data.jsonl", "contentSize": f"{len(content)} B"}
    file["sha256"] = hashlib.sha256(content).hexdigest()
    metadata["distribution"] = [file]
    for each in metadata["recordSet"][0]["field"]:
        each["source"]["fileObject"]["@id"] = "data.jsonl"
    metadata |= changes
    metadata = {key: value for key, value in metadata.items() if value is not None}
    return json.dumps(metadata).encode(), {"data.jsonl": content}, {"LICENSE": LICENCE}


def submit(firm, dataset, copies=None):
    """Hand a dataset in; what an admission is answered with, Refusal otherwise."""
    croissant, files, evidence = dataset
    parts = [("croissant", ("croissant.json", croissant))]
    parts += [("files", (path, content)) for path, content in files.items()]
    parts += [("evidence", (path, content)) for path, content in evidence.items()]
    if copies is not None:
        parts.append(("copies", (None, str(copies))))
    return firm.client.post("/datasets", files=parts)


def entitle(firm, product_id, *sides, purpose="training"):
    for side in sides:
        firm.client.post("/entitlements", {"product_id": product_id, "side": side, "purpose": purpose})
