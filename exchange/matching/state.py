"""What the machine remembers: its entities, and the dictionaries that find them."""

from collections import deque

from sortedcontainers import SortedDict

from exchange.matching.bases import Base, ClaimsWithdrawal, Pooling
from exchange.matching.order_book import Book, Order
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.units import MAX_BALANCE, NS_PER_HOUR

# Kinds of timers: of what falls due at one time, the lower kind comes first (rule 18).
ORDER_EXPIRY = 1
OFFER_EXPIRY = 2
ENTITLEMENT_EXPIRY = 3
CALL_END = 4
DEAD_MAN = 5


class Balance:
    """What an account has of an asset; `total` includes what is `held` for orders and withdrawals."""

    __slots__ = ("held", "total")

    def __init__(self, total: int = 0, held: int = 0) -> None:
        self.total = total
        self.held = held


class Participant:
    __slots__ = ("expires_at_ns", "killed", "owner", "participant", "state")

    def __init__(self, participant: int, owner: int, state: int, expires_at_ns: int, killed: int = 0) -> None:
        self.participant = participant
        self.owner = owner
        self.state = state
        self.expires_at_ns = expires_at_ns
        self.killed = killed


class User:
    __slots__ = ("participant", "roles", "user")

    def __init__(self, user: int, participant: int, roles: int) -> None:
        self.user = user
        self.participant = participant
        self.roles = roles


class Key:
    __slots__ = ("expires_at_ns", "fingerprint", "key", "revoked", "scopes", "user")

    def __init__(self, key: int, user: int, scopes: int, revoked: int, expires_at_ns: int, fingerprint: bytes) -> None:
        self.key = key
        self.user = user
        self.scopes = scopes
        self.revoked = revoked
        self.expires_at_ns = expires_at_ns
        self.fingerprint = fingerprint


class Entitlement:
    """The gate's verdict on one account, instrument and side; `open_lots` counts what rests under it."""

    __slots__ = (
        "account",
        "decision",
        "entitlement",
        "expires_at_ns",
        "instrument",
        "min_days",
        "open_lots",
        "position_limit_lots",
        "purpose",
        "side",
    )

    def __init__(
        self,
        account: int,
        instrument: int,
        side: int,
        entitlement: int,
        purpose: int,
        min_days: int,
        position_limit_lots: int,
        expires_at_ns: int,
        decision: bytes,
    ) -> None:
        self.account = account
        self.instrument = instrument
        self.side = side
        self.entitlement = entitlement
        self.purpose = purpose
        self.min_days = min_days
        self.position_limit_lots = position_limit_lots
        self.expires_at_ns = expires_at_ns
        self.decision = decision
        self.open_lots = 0


class Account:
    """An account with its balances by asset, its entitlements by (instrument, side), and its orders.

    `owner` is the beneficial owner, across whose accounts no order trades with another.
    """

    __slots__ = (
        "account",
        "balances",
        "blocked",
        "client_ids",
        "dead_man_ns",
        "delivered_lots",
        "entitlements",
        "max_client_ids",
        "max_open_orders",
        "open_orders",
        "owner",
        "participant",
    )

    def __init__(
        self, account: int, participant: Participant, max_open_orders: int, max_client_ids: int, blocked: int = 0
    ) -> None:
        self.account = account
        self.participant = participant
        self.owner = participant.owner
        self.max_open_orders = max_open_orders
        self.max_client_ids = max_client_ids
        self.blocked = blocked
        self.dead_man_ns = 0
        self.balances: dict[int, Balance] = {}
        self.entitlements: dict[tuple[int, int], Entitlement] = {}
        self.client_ids: dict[bytes, Order] = {}
        self.open_orders: dict[int, Order] = {}
        self.delivered_lots: dict[int, int] = {}

    def balance(self, asset: int) -> Balance:
        found = self.balances.get(asset)
        if found is None:
            found = self.balances[asset] = Balance()
        return found


class Asset:
    __slots__ = ("approval_above", "asset", "code", "is_claim", "scale", "supply")

    def __init__(self, asset: int, is_claim: int, scale: int, code: bytes) -> None:
        self.asset = asset
        self.is_claim = is_claim
        self.scale = scale
        self.code = code
        self.approval_above = MAX_BALANCE
        """Withdrawals of more need a second user."""
        self.supply = 0
        """All of it that accounts hold together, the venue's fees included."""


class Transfer:
    """A deposit or withdrawal in one of three states."""

    __slots__ = ("account", "amount", "asset", "key", "state", "transfer", "withdrawal")

    BEGUN = 1
    CONFIRMED = 2
    ABORTED = 3

    def __init__(
        self, transfer: int, account: int, asset: int, amount: int, withdrawal: int, state: int, key: bytes
    ) -> None:
        self.transfer = transfer
        self.account = account
        self.asset = asset
        self.amount = amount
        self.withdrawal = withdrawal
        self.state = state
        self.key = key


class Proposal:
    """An encoded command that waits for a second user."""

    __slots__ = ("command", "proposal", "user")

    def __init__(self, proposal: int, user: int, command: bytes) -> None:
        self.proposal = proposal
        self.user = user
        self.command = command


class MachineState:
    """Every table of the machine, keyed by id; `timers` orders what falls due by (time, kind, id)."""

    def __init__(self) -> None:
        self.rules_version = 1
        self.last_place = 0
        self.sequence = 0
        self.timestamp_ns = 0
        self.assets: dict[int, Asset] = {}
        self.participants: dict[int, Participant] = {}
        self.users: dict[int, User] = {}
        self.keys: dict[int, Key] = {}
        self.accounts: dict[int, Account] = {}
        self.bases: dict[int, Base] = {}
        self.books: dict[int, Book] = {}
        self.last_days: dict[tuple[int, int, int], int] = {}
        self.transfers: dict[int, Transfer] = {}
        self.transfer_keys: dict[tuple[int, bytes], Transfer] = {}
        self.delivery_keys: dict[tuple[int, bytes], tuple[int, int]] = {}
        self.pooling_keys: dict[tuple[int, bytes], Pooling] = {}
        self.withdrawal_keys: dict[tuple[int, bytes], ClaimsWithdrawal] = {}
        self.orders: dict[int, Order] = {}
        self.done_orders: deque[Order] = deque()
        self.codes: set[bytes] = set()
        self.killed = 0
        self.policies = NO_DIGEST
        self.guards: dict[int, int] = {}
        """Accounts by the id of the guard on one of their connections."""
        self.proposals: dict[int, Proposal] = {}
        self.forgets_at_ns = 0
        """From when on the next command forgets old trades; follows from `timestamp_ns`."""
        self.timers: SortedDict[tuple[int, int, int], tuple[int, int, int]] = SortedDict()
        venue = Participant(0, 0, 0, 0)
        self.accounts[0] = Account(0, venue, 0, 0)

    @property
    def venue(self) -> Account:
        return self.accounts[0]


def next_hour(timestamp_ns: int) -> int:
    return (timestamp_ns // NS_PER_HOUR + 1) * NS_PER_HOUR
