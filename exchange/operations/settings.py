"""What an operator may set, from the environment (`TLX_DATA_FOLDER=…`) or by argument."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from exchange.vocabulary.units import MAX_FEE_PPM, MAX_LOTS, MAX_NOTIONAL_MINOR, PPM


class Settings(BaseSettings):
    """Fees, collar and bands in ppm; `secrets_key` is the erasable store's master key, 64 hex digits.

    `max_projection_lag` is how many commands SQL may be behind before new orders wait; `quote` the code of the cash
    that everything is traded in, with two decimals; `novelty_queries` how many a participant may ask of one dataset.
    """

    model_config = SettingsConfigDict(env_prefix="TLX_", frozen=True)

    data_folder: Path = Path("var")
    database_url: str = ""
    secrets_key: SecretStr | None = None
    venue_name: str = "Token Lot Exchange"
    licence_profile: str = "open"

    snapshot_every: int = Field(default=100_000, ge=1)
    max_commands_per_block: int = Field(default=4_096, ge=16, le=32_768)
    max_projection_lag: int = Field(default=50_000, ge=1)
    assay_workers: int = Field(default=1, ge=1)
    assay_words: Path | None = None
    clock_idle_s: float = Field(default=1.0, gt=0)

    quote: str = Field(default="CNY", pattern=r"^[A-Z]{2,8}$")
    utc_offset_hours: int = Field(default=8, ge=-12, le=14)
    maker_ppm: int = Field(default=500, ge=0, le=MAX_FEE_PPM)
    taker_ppm: int = Field(default=1_000, ge=0, le=MAX_FEE_PPM)
    collar_ppm: int = Field(default=50_000, ge=0, lt=PPM)
    static_band_ppm: int = Field(default=0, ge=0, lt=PPM)
    dynamic_band_ppm: int = Field(default=0, ge=0, lt=PPM)
    volatility_s: int = Field(default=300, ge=1, le=86_400)
    max_order_lots: int = Field(default=10_000, ge=1, le=MAX_LOTS)
    max_notional_minor: int = Field(default=100_000_000_000, ge=1, le=MAX_NOTIONAL_MINOR)
    least_tick_minor: int = Field(default=1, ge=1)
    default_copies: int = Field(default=1, ge=1)
    certificate_days: int = Field(default=365, ge=1)
    novelty_queries: int = Field(default=20, ge=0)
    entitlement_days: int = Field(default=365, ge=1)
