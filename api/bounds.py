"""The shapes of what is estimated from sketches, and so has bounds."""

from pydantic import BaseModel, Field


class Bounded(BaseModel):
    """With two bounds, each made to hold for at least 95 of 100 keys."""

    estimate: int
    low: int
    high: int


class NoveltyAtListing(BaseModel):
    rtu: int = Field(description="RTU in all lots")
    new_rtu: Bounded = Field(description="Those of them that nothing listed before held")
    new_ppm: Bounded
    datasets: int = Field(description="How many had been listed before")
    inventory: str = Field(description="SHA-256 of the list of their sketches")
    statement: str = Field(description="SHA-256 of the signed statement: see /datasets/{product_id}/novelty/statement")
