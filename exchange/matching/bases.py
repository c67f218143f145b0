"""What the machine keeps of a base: its claims, who got which lot, and what was pooled or withdrawn."""


class Base:
    """One dataset edition under one licence: how often its lots were delivered, if at all, and to whom."""

    __slots__ = (
        "base",
        "code",
        "copies",
        "deliveries_per_lot",
        "is_pool",
        "issued",
        "issuer",
        "lot_rtu",
        "lots",
        "lots_of",
        "pooled",
        "withdrawn",
        "withheld",
    )

    def __init__(self, base: int, issuer: int, lots: int, copies: int, lot_rtu: int, issued: int, code: bytes) -> None:
        self.base = base
        self.issuer = issuer
        self.lots = lots
        self.copies = copies
        self.lot_rtu = lot_rtu
        self.issued = issued
        self.code = code
        self.is_pool = 0
        self.withheld = 0
        self.withdrawn = 0
        self.pooled: dict[int, int] = {}
        """Of a pool: claims that were pooled and not yet delivered, by base, in the order in which bases came."""
        self.deliveries_per_lot: dict[int, int] = {}
        self.lots_of: dict[int, dict[int, Delivery]] = {}


class Delivery:
    __slots__ = ("account", "decision", "key", "pool", "sequence")

    def __init__(self, account: int, sequence: int, decision: bytes, key: bytes, pool: int = 0) -> None:
        self.account = account
        self.sequence = sequence
        self.decision = decision
        self.key = key
        self.pool = pool


class Pooling:
    """Claims that were once turned into claims on a pool, remembered by their key."""

    __slots__ = ("account", "base", "claims", "decision", "key", "pool", "pooling")

    def __init__(
        self, pooling: int, account: int, base: int, pool: int, claims: int, decision: bytes, key: bytes
    ) -> None:
        self.pooling = pooling
        self.account = account
        self.base = base
        self.pool = pool
        self.claims = claims
        self.decision = decision
        self.key = key


class ClaimsWithdrawal:
    """Claims that were once burnt without a delivery, remembered by their key."""

    __slots__ = ("account", "base", "claims", "evidence", "key", "reason", "withdrawal")

    def __init__(
        self, withdrawal: int, account: int, base: int, claims: int, reason: int, evidence: bytes, key: bytes
    ) -> None:
        self.withdrawal = withdrawal
        self.account = account
        self.base = base
        self.claims = claims
        self.reason = reason
        self.evidence = evidence
        self.key = key
