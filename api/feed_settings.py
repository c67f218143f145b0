"""What an operator may set of the websocket feed, from the environment (`TLX_FEED_CONFLATION_S=…`) or by argument."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FeedSettings(BaseSettings):
    """Sizes in bytes, times in seconds, rates in messages a second with a burst that may come at once.

    A consumer is slow when more than `max_waiting_bytes` wait for it, or what must reach it whole waits longer than
    `max_waiting_s`. `cut_grace_s` is how long it then has to read why it is cut; `stall_s` how long a connection may
    take for one message at all. Every `heartbeat_s` the feed looks for such consumers.
    """

    model_config = SettingsConfigDict(env_prefix="TLX_FEED_", frozen=True)

    conflation_s: float = Field(default=0.05, ge=0.0, le=60.0)
    auction_s: float = Field(default=0.25, ge=0.0, le=60.0)
    heartbeat_s: float = Field(default=1.0, gt=0.0, le=60.0)

    max_connections: int = Field(default=1_000, ge=1)
    max_subscriptions: int = Field(default=200, ge=1)
    max_message_bytes: int = Field(default=1 << 14, ge=256, le=1 << 16)
    message_rate: int = Field(default=20, ge=1)
    message_burst: int = Field(default=100, ge=1)
    max_refused_in_a_row: int = Field(default=25, ge=1)

    max_waiting_bytes: int = Field(default=1 << 21, ge=1 << 12)
    max_waiting_s: float = Field(default=10.0, gt=0.0)
    cut_grace_s: float = Field(default=2.0, ge=0.0)
    stall_s: float = Field(default=30.0, gt=0.0)
