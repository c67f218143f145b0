"""Pools as the documentation shows them."""

from pydantic import BaseModel, Field

from api.models import Decimal
from api.resource_models import DIGEST, example


class PooledBase(BaseModel):
    product_id: str
    base: str
    lots: int = Field(description="Claims on it that are in the pool and were not delivered")
    withheld: bool = Field(description="Whether it is passed over, because it was recalled or withdrawn")


class Pool(BaseModel):
    model_config = example(
        product_id="EDUEN-CNY", pool="31", code="EDUEN", sector="education", language="en", kind="qa-sft", grade="G2",
        licence="MIT", purposes=["training"], territories=["CN"], lot_rtu=150000, lot_size="0.150000", tick="0.20",
        quote="CNY", phase="continuous", lots=12,
        pooled=[{"product_id": "GSM8K-CNY", "base": "17", "lots": 12, "withheld": False}],
        listing=DIGEST, decision=DIGEST,
    )  # fmt: skip

    product_id: str | None = Field(description="None where the definition was interrupted")
    pool: str = Field(description="The id of the claims' asset")
    code: str
    sector: str
    language: str = Field(description="As the dataset states it, and the assay held its documents against")
    kind: str = Field(description="The quality profile that the assay applied")
    grade: str = Field(description="The least that a dataset must have")
    licence: str = Field(description="SPDX identifier")
    purposes: list[str] = Field(description="Each must be offered")
    territories: list[str] = Field(description="Each must be covered")
    lot_rtu: int
    lot_size: Decimal = Field(description="One lot in millions of RTU, the unit of order sizes")
    tick: Decimal = Field(description="Quote currency per 1,000,000 RTU")
    quote: str
    phase: str | None
    lots: int = Field(description="Claims pooled and not yet delivered")
    pooled: list[PooledBase] = Field(description="What delivery draws on, the first first")
    listing: str = Field(description="SHA-256 of the class's document")
    decision: str = Field(description="SHA-256 of the decision that admitted it")


class Pooling(BaseModel):
    model_config = example(
        product_id="EDUEN-CNY", pooled="GSM8K-CNY", lots=4, size="0.600000", account="21", client_oid="pool-1",
        replayed=False, decision=DIGEST,
    )  # fmt: skip

    product_id: str
    pooled: str = Field(description="The dataset whose claims they were")
    lots: int
    size: Decimal = Field(description="In millions of RTU")
    account: str
    client_oid: str
    replayed: bool = Field(description="Whether this client_oid had pooled before")
    decision: str = Field(description="SHA-256 of the decision that the dataset belongs to the class")
