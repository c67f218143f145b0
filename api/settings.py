"""What an operator may set of the public face, from the environment (`TLX_API_PORT=…`) or by argument."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Rates are per second, with a burst that may come at once; sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="TLX_API_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)

    max_body_bytes: int = Field(default=1 << 18, ge=1 << 10)
    max_upload_bytes: int = Field(default=1 << 28, ge=1 << 10)
    max_nesting: int = Field(default=32, ge=4)
    max_batch_orders: int = Field(default=20, ge=1, le=1_000)

    signature_window_s: int = Field(default=30, ge=1)
    key_rate: int = Field(default=200, ge=1)
    key_burst: int = Field(default=400, ge=1)
    cancel_rate: int = Field(default=200, ge=1)
    cancel_burst: int = Field(default=400, ge=1)
    address_rate: int = Field(default=100, ge=1)
    address_burst: int = Field(default=200, ge=1)

    history_timeout_s: float = Field(default=10.0, gt=0)
    answer_timeout_s: float = Field(default=30.0, gt=0)
    shutdown_timeout_s: int = Field(default=10, ge=1)
    websocket_ping_s: float = Field(default=10.0, gt=0)
