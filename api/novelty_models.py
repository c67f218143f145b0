"""The shapes of what is told of novelty, as the documentation shows them."""

from typing import Literal

from pydantic import BaseModel, Field

from api.bounds import Bounded
from api.models import Decimal
from api.resource_models import DIGEST, example


class SketchParameters(BaseModel):
    model_config = example(
        product_id="GSM8K-CNY", format="tlx-sketch/1", hash="BLAKE2b of 8 bytes", key=DIGEST[:32], rate_log2=6,
        shingle_words=5, shingle_chars_cjk=5, least_hashes=64, most_hashes=4194304, most_evaluations=8, rtu=1241000,
        queries_left=20,
    )  # fmt: skip

    product_id: str
    format: str = Field(description="Of a sketch's header")
    hash: str = Field(description="How a shingle is hashed")
    key: str = Field(description="16 bytes in hex, drawn when the dataset was listed")
    rate_log2: int = Field(description="A sketch holds hashes below 2^(64 - rate_log2); a higher one is taken too")
    shingle_words: int
    shingle_chars_cjk: int
    least_hashes: int
    most_hashes: int
    most_evaluations: int
    rtu: int = Field(description="RTU in all lots")
    queries_left: int


class BoundedPrice(BaseModel):
    estimate: Decimal | None
    low: Decimal | None
    high: Decimal | None = Field(description="None where it may be that nothing is new")


class EvaluationOverlap(BaseModel):
    name: str
    found_ppm: Bounded = Field(description="The share of the evaluation set's shingles that occur in the dataset")
    sampled: int = Field(description="Hashes that this was estimated from")
    overlap_rtu: Bounded = Field(description="RTU of the dataset whose shingles occur in the evaluation set")


class Novelty(BaseModel):
    model_config = example(
        product_id="GSM8K-CNY", rtu=1241000, new_rtu={"estimate": 1117000, "low": 1103000, "high": 1131000},
        held_ppm={"estimate": 100000, "low": 89000, "high": 111000}, confidence_ppm=950000, sampled=8311,
        evaluations=[], queries_left=19, price="500.00", price_from="ask", quote="CNY",
        price_per_million_new={"estimate": "537.15", "low": "530.50", "high": "543.97"},
    )  # fmt: skip

    product_id: str
    rtu: int = Field(description="RTU in all lots")
    new_rtu: Bounded = Field(description="Those of them that are new to the caller")
    held_ppm: Bounded = Field(description="The share that the corpus holds already, in steps of a tenth of a per cent")
    confidence_ppm: int = Field(description="How often, at least, each bound holds over keys")
    sampled: int = Field(description="Hashes that this was estimated from")
    evaluations: list[EvaluationOverlap]
    queries_left: int
    price: Decimal | None = Field(description="Per million RTU; none where there is neither an offer nor a trade")
    price_from: Literal["ask", "last", "reference"] | None
    quote: str | None
    price_per_million_new: BoundedPrice | None = Field(description="All lots bought at `price`, over what is new")
