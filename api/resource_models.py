"""The shapes of the resources beside the dialect: datasets, rights, deliveries, as the documentation shows them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.bounds import NoveltyAtListing
from api.models import Decimal

DIGEST = "5f3cba5ac3d7a9f0f1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718"


def example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": values})


class Vendor(BaseModel):
    id: str
    name: str = Field(description="As it may be shown: a simulated participant says so in its name")
    simulated: bool


class Dataset(BaseModel):
    model_config = example(
        base="17", code="GSM8K", name="gsm8k", version="1.0.0", description="Problems of school mathematics",
        vendor={"id": "9", "name": "Open Maths (simulated)", "simulated": True}, licence="MIT", sector="education",
        language=["en"], purposes=["training"], dataset_class="tongshi", grade="G1", profile="qa-sft",
        languages={"en": 7473}, documents=7473, bad_documents={}, rtu=1241000, size="1.241000", lots=8,
        copies=3, exclusive=False, lot_rtu=150000, lot_size="0.150000", lots_delivered=2, claims_withdrawn=0,
        certificate=DIGEST, merkle_root=DIGEST, listing=DIGEST,
        decision=DIGEST, dataset=DIGEST, state="trading", listed_at="2026-11-24T08:30:00.000000Z", pools=["EDUEN-CNY"],
        product_id="GSM8K-CNY", phase="continuous", tick="0.20", quote="CNY", price="12.40", price_from="ask",
        novelty={
            "rtu": 1241000, "new_rtu": {"estimate": 1241000, "low": 1239759, "high": 1241000},
            "new_ppm": {"estimate": 1000000, "low": 999000, "high": 1000000}, "datasets": 4, "inventory": DIGEST,
            "statement": DIGEST,
        },
    )  # fmt: skip

    base: str = Field(description="The id of the claims' asset")
    code: str
    name: str
    version: str
    description: str
    vendor: Vendor
    licence: str = Field(description="SPDX identifier of the licence offered")
    sector: str | None = Field(description="As the vendor states it")
    language: list[str] = Field(description="As the vendor states them")
    purposes: list[str] = Field(description="What is offered and the licence permits")
    dataset_class: str = Field(description="`tongshi` (general), `hangye-tongshi`, `hangye-zhuanshi` (industry)")
    grade: str = Field(description="G1, G2, G3 or ungraded, by the assay")
    profile: str = Field(description="The quality profile that the assay applied")
    languages: dict[str, int] = Field(description="Documents by language found")
    documents: int
    bad_documents: dict[str, int] = Field(description="Those that could not be read and are in no lot, by code")
    rtu: int = Field(description="Reference token units, RTU-1, in all documents")
    size: Decimal = Field(description="The same in millions")
    lots: int
    copies: int = Field(description="How often each lot may be delivered: claims are lots times copies")
    exclusive: bool = Field(description="Whether there is one copy: whoever takes a lot is the only one to have it")
    lot_rtu: int = Field(description="RTU in one lot, at least")
    lot_size: Decimal = Field(description="One lot in millions of RTU, the unit of order sizes")
    lots_delivered: int
    claims_withdrawn: int = Field(description="For which no lot will be delivered")
    certificate: str = Field(description="SHA-256 of the certificate: see /certificates/{digest}")
    merkle_root: str = Field(description="Root over the salted documents, which lots are verified against")
    listing: str = Field(description="SHA-256 of the dossier that the listing consists of")
    decision: str = Field(description="SHA-256 of the gate's decision to list")
    dataset: str = Field(description="SHA-256 of the Croissant metadata as received")
    novelty: NoveltyAtListing | None = Field(description="Beside what the exchange had listed before")
    state: str = Field(description="`listed`, `trading`, `suspended`, `recalled` or `withdrawn`: see /lifecycle")
    listed_at: str = Field(description="When it was admitted")
    pools: list[str] = Field(description="Products of pools that hold claims on it: its deliverable classes")
    product_id: str | None = Field(description="None where the issue was interrupted")
    phase: str | None
    tick: Decimal | None = Field(description="Quote currency per 1,000,000 RTU")
    quote: str | None
    price: Decimal | None = Field(description="Quote currency per 1,000,000 RTU; null where nothing says")
    price_from: Literal["ask", "last", "reference"] | None = Field(description="What `price` is")


class LifeStage(BaseModel):
    state: str
    at: str | None = Field(description="null where only the vendor's words say when")
    by: str
    told: str = Field(description="As the vendor stated it, or the cause and the operator's note")
    evidence: dict[str, str] = Field(description="SHA-256 of what shows it, by kind or path")


class Lifecycle(BaseModel):
    model_config = example(
        product_id="GSM8K-CNY", base="17", state="trading", moves=["suspend", "recall", "withdraw"],
        stages=[{"state": "assayed", "at": "2026-11-24T08:30:00.000000Z", "by": "assayer 5f3c", "told": "grade G1",
                 "evidence": {"certificate": DIGEST}}],
    )  # fmt: skip

    product_id: str | None
    base: str
    state: str = Field(description="`listed`, `trading`, `suspended`, `recalled` or `withdrawn`")
    moves: list[str] = Field(description="What may happen to it next")
    stages: list[LifeStage] = Field(description="From `collected` on, the first one first")


class Notice(BaseModel):
    model_config = example(
        product_id="GSM8K-CNY", base="17", state="withdrawn", since="2026-11-24T08:30:00.000000Z", reason="recall",
        note="consent was withdrawn", told="Nothing of it trades or is delivered any more.", record=DIGEST, claims=2,
        size="0.300000", lots_delivered=1,
    )  # fmt: skip

    product_id: str | None
    base: str
    state: str
    since: str
    reason: str
    note: str = Field(description="The operator's words")
    told: str = Field(description="What it means for the holder")
    record: str = Field(description="SHA-256 of the record, whose journalled decision names it")
    claims: int = Field(description="Lots that the participant has claims on, held ones included")
    size: Decimal
    lots_delivered: int = Field(description="Lots that the participant took delivery of")


class WithdrawnClaims(BaseModel):
    model_config = example(
        product_id="GSM8K-CNY", base="17", account="21", lots=40, size="6.000000", client_oid="unsold-1", replayed=False
    )

    product_id: str
    base: str
    account: str
    lots: int
    size: Decimal = Field(description="In millions of RTU")
    client_oid: str
    replayed: bool = Field(description="Whether this client_oid had withdrawn before")


class Draw(BaseModel):
    index: int = Field(description="The document's place in the dataset, from 0")
    status: Literal["shown", "not_in_a_lot", "personal_data", "secret", "sensitive_words", "too_long"]
    text: str | None = Field(None, description="This and all below only where it is shown")
    path: str | None = None
    record: int | None = None
    rtu: int | None = None
    sha256: str | None = None
    salt: str | None = Field(None, description="16 bytes in hex: the leaf is SHA-256(00 ‖ salt ‖ text)")
    proof: list[str] | None = Field(None, description="From the leaf's sibling up to the root's child")


class SampleBody(BaseModel):
    format: Literal["tlx-sample-1"]
    base: str
    sequence: int = Field(description="Of the admission, which is the id of the base")
    at_ns: int = Field(description="When it was sealed, in ns since 1970")
    root: str = Field(description="The certificate's Merkle root")
    documents: int = Field(description="In the whole dataset")
    draws: list[Draw] = Field(description="In the order in which the seal draws them, up to the last one looked at")
    earlier: dict[str, int] = Field(description="Earlier bases of the vendor that hold documents of this one: how many")


class SignedSample(BaseModel):
    """Canonical JSON, signed with the key that signs certificates."""

    body: SampleBody
    signature: str = Field(description='Ed25519 over "TLX signed sample 1" 00 and the body')


class Admitted(BaseModel):
    model_config = example(
        status="admitted", product_id="GSM8K-CNY", base="17", listing=DIGEST, certificate=DIGEST, decision=DIGEST,
        dataset=DIGEST, lots=8, copies=3, lot_rtu=150000, lot_size="0.150000", tick="0.20", quote="CNY", grade="G1",
        documents=7473, bad_documents={}, rtu=1241000, entitlement="19",
    )  # fmt: skip

    status: Literal["admitted"]
    product_id: str
    base: str
    listing: str
    certificate: str
    decision: str
    dataset: str
    lots: int
    copies: int
    lot_rtu: int
    lot_size: Decimal
    tick: Decimal
    quote: str
    grade: str
    documents: int
    bad_documents: dict[str, int] = Field(description="Those that could not be read and are in no lot, by code")
    rtu: int
    entitlement: str | None = Field(description="The vendor's right to sell; None where the gate did not grant it")


class Entitlement(BaseModel):
    model_config = example(
        id="44", account="21", product_id="GSM8K-CNY", side="buy", purposes=["training"],
        position_limit="322122547.050000", expires_at="2027-11-24T08:30:00.000000Z", decision=DIGEST,
    )  # fmt: skip

    id: str = Field(description="Orders under it carry this as their decision")
    account: str
    product_id: str
    side: Literal["buy", "sell"]
    purposes: list[str]
    position_limit: Decimal = Field(description="Held, ordered and delivered together, in millions of RTU")
    expires_at: str
    decision: str = Field(description="SHA-256 of the gate's verdict: see /decisions/{digest}")


class DeliveredLot(BaseModel):
    model_config = example(
        id="812", product_id="GSM8K-CNY", base="17", lot=3, rtu=150012, account="21", client_oid="batch-7",
        delivered_at="2026-11-24T08:30:00.000000Z", decision=DIGEST, manifest_sha256=DIGEST, blob_sha256=DIGEST,
        manifest_url="/deliveries/GSM8K-CNY/3/manifest", blob_url="/deliveries/GSM8K-CNY/3/blob", pool=None,
        certificate=DIGEST, merkle_root=DIGEST,
    )  # fmt: skip

    id: str = Field(description="The delivery, which may be of several lots")
    product_id: str
    base: str
    lot: int
    rtu: int = Field(description="RTU in this lot, never less than `lot_rtu`")
    account: str
    client_oid: str
    delivered_at: str
    decision: str = Field(description="SHA-256 of the gate's decision to deliver")
    manifest_sha256: str
    blob_sha256: str
    manifest_url: str
    blob_url: str
    pool: str | None = Field(description="The pool whose claim was burnt for it; none where it was the dataset's own")
    certificate: str = Field(description="SHA-256 of the dataset's certificate")
    merkle_root: str = Field(description="What the lot is verified against")


class Delivery(BaseModel):
    id: str
    product_id: str
    replayed: bool = Field(description="Whether this client_oid had taken the delivery before")
    certificate: str | None = Field(description="SHA-256 of the certificate; null of a pool, whose lots tell their own")
    merkle_root: str | None = Field(description="What the lots are verified against; null of a pool")
    deliveries: list[DeliveredLot]


class Assayer(BaseModel):
    format: str
    algorithm: Literal["Ed25519"]
    public_key: str = Field(description="32 bytes in hex, for `verify_certificate`")
