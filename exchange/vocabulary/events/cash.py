"""What happened to deposits and withdrawals."""

from dataclasses import dataclass

from exchange.vocabulary.codec import EVENTS, I64, NO_DIGEST, U8, U16, U64, Digest, Text40
from exchange.vocabulary.events.base import Event


@dataclass(slots=True, kw_only=True)
class TransferEvent(Event):
    """A deposit or withdrawal of the header's account, as it stands after the event; the reason is for its end."""

    transfer: U64 = 0
    asset: U64 = 0
    amount: I64 = 0
    withdrawal: U8 = 0
    key: Text40 = ""
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(30)
class TransferBegun(TransferEvent):
    """A withdrawal's amount is held from here; a deposit changes no balance yet. A repeat has flag `REPLAYED`."""


@EVENTS.register(31)
class TransferConfirmed(TransferEvent):
    """A deposit's amount is added; a withdrawal's held amount leaves."""


@EVENTS.register(32)
class TransferAborted(TransferEvent):
    """A withdrawal's held amount is free again."""
