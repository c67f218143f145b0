"""Writes a golden journal: a random market over every command, with what this release makes of it.

    python tests/golden/make_golden.py 0.1.0

For a release, once: until it is out its journal may be made anew, afterwards never. Where the test beside it fails,
rules or layouts have changed without a version.
"""

import hashlib
import json
import random
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from exchange.matching.engine import Engine
from exchange.matching.phases import LEGAL_MOVES
from exchange.spine.journal import Journal
from exchange.spine.verify import verify_journal
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import COMMAND_BYTES
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import Event
from exchange.vocabulary.instruments import Cause, OrderFlag, OrderType, Peg, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from exchange.vocabulary.rows import InstrumentRow, OrderRow, VenueRow
from exchange.vocabulary.state import decode_snapshot
from exchange.vocabulary.units import FOREVER_NS, NS_PER_SECOND
from simulations.sandbox import Sandbox, Terms, digest

FOLDER = Path(__file__).parent
HASHES = FOLDER / "hashes.json"
SEGMENT_BYTES = 1 << 16
STEPS = 3_000
BLOCKS_OF_A_WRITER = 25


class RecordingSandbox(Sandbox):
    """Keeps all that it stamps."""

    def stamped(self, batch) -> bytes:
        encoded = super().stamped(batch)
        self.recorded = getattr(self, "recorded", b"") + encoded
        return encoded


class Market:
    """Four traders, two of them of one owner, and one venue that does everything to them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.venue = RecordingSandbox(
            terms=Terms(lots=400, copies=2, dynamic_band_ppm=60_000, static_band_ppm=100_000, max_holders=6)
        )
        self.venue.apply(commands.SetRulesVersion(rules_version=1))
        owner = self.venue.participant()
        family = [self.venue.trader(claims=50, participant=self.venue.participant(owner=owner)) for _ in range(2)]
        self.traders = [self.venue.trader(claims=50), self.venue.trader(claims=50), *family]

        self.orders, self.transfers, self.users, self.keys, self.strangers = [0], [0], [0], [0], [0]
        self.blocked: list[int] = []
        self.offers, self.proposals, self.trades = [0], [0], [(0, 0, 0)]
        self.guards = [(self.traders[0], 0)]
        self.pool = self._with_pool()
        desk = self.venue.participant()
        self.users_of_the_desk = [self._operator(desk) for _ in range(2)]

    def _with_pool(self) -> int:
        """A pool of the sandbox's one base, with an instrument of its own."""
        venue = self.venue
        terms = {"code": "POOL", "lot_rtu": venue.terms.lot_rtu, "listing": digest("class"), "decision": digest("pool")}
        pool = venue.must(commands.DefinePool(**terms))
        more = {"tick_minor": 1, "lot_rtu": venue.terms.lot_rtu, "max_lots": 100, "max_notional_minor": 10**9}
        named = {"base": pool, "quote": venue.asset, "symbol": "POOL-CNY", "modes": 15, "taker_ppm": 10}
        venue.must(commands.DefineInstrument(**named, **more))
        return pool

    def _operator(self, participant: int) -> int:
        return self.venue.must(commands.RegisterUser(participant=participant, roles=Role.OPERATOR))

    def run(self, steps: int) -> bytes:
        plain = [self.order] * 12 + [self.follower] * 4 + [self.cancel, self.amend] * 3 + [self.wait, self.clock]
        plain += [self.offer, self.accept, self.dry_run]
        odd = [self.phase] * 2 + [
            self.reference,
            self.cash,
            self.transfer,
            self.deliver,
            self.gate,
            self.desk,
            self.mass,
        ]
        odd += [self.people] * 3 + [self.unoffer, self.guard, self.pooling] + [self.operator] * 3 + [self.second] * 2
        for _ in range(steps):
            step = self._repair() or self.chance.choice(plain if self.chance.random() < 0.75 else odd)
            for event in self.venue.apply(step()):
                self._remember(event)
        return self.venue.recorded

    def _repair(self) -> Callable[[], Command] | None:
        """A way back to trading, taken now and then, so that most of the journal is no refusals."""
        if self.chance.random() > 0.15:
            return None
        if self.blocked:
            return lambda: commands.UnblockAccount(account=self.blocked[0])
        if self._terms().killed or self._venue().killed:
            instrument = self.venue.instrument if self._terms().killed else 0
            return lambda: commands.Unkill(instrument=0 if self._venue().killed else instrument, reason=Cause.OPERATOR)
        if self._phase() != Phase.CONTINUOUS:
            return lambda: self._move(self._towards_continuous())
        return self.gate

    def _terms(self) -> InstrumentRow:
        return decode_snapshot(self.venue.engine.snapshot()).rows(InstrumentRow)[0]

    def _venue(self) -> VenueRow:
        return decode_snapshot(self.venue.engine.snapshot()).rows(VenueRow)[0]

    def _phase(self) -> Phase:
        return Phase(self._terms().phase)

    def _towards_continuous(self) -> Phase:
        legal = LEGAL_MOVES[self._phase()]
        return next(each for each in (Phase.CONTINUOUS, Phase.PRE_OPEN, Phase.CLOSED) if each in legal)

    def _remember(self, event: Event) -> None:
        """Ids that later steps ask about."""
        if isinstance(event, events.OrderAccepted):
            self.orders.append(event.order_id)
        if isinstance(event, events.AccountBlocked):
            self.blocked.append(event.account)
        if isinstance(event, events.AccountUnblocked):
            self.blocked.remove(event.account)
        made = ((events.TransferBegun, self.transfers), (events.UserRegistered, self.users),
                (events.KeyRegistered, self.keys), (events.ParticipantRegistered, self.strangers),
                (events.Proposed, self.proposals))  # fmt: skip
        if isinstance(event, events.DisconnectArmed):
            self.guards.append((event.account, event.sequence))
        if isinstance(event, events.OfferTerms):
            self.offers.append(event.offer)
        if isinstance(event, events.Trade) and event.instrument == self.venue.instrument:
            self.trades.append((event.trade_id, event.account, event.maker_account))
        for kind, ids in made:
            if isinstance(event, kind):
                ids.append(event.sequence)

    def _recent(self, ids: list[int]) -> int:
        return self.chance.choice(ids[-20:])

    def order(self) -> Command:
        draw, price, lots = self.chance.choice, self.chance.randint(94, 106), self.chance.randint(1, 12)
        kind = draw([OrderType.LIMIT] * 6 + [OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT])
        tif = draw([TimeInForce.GTC, TimeInForce.GTC, *TimeInForce]) if kind != OrderType.MARKET else TimeInForce.IOC
        more: dict[str, object] = {"type": kind, "self_trade": draw(list(SelfTrade))}
        if kind >= OrderType.STOP:
            more["stop_price_ticks"] = self.chance.randint(94, 106)
        if kind in {OrderType.MARKET, OrderType.STOP}:
            price = 0
        if tif == TimeInForce.GTD:
            more["expire_at_ns"] = self.venue.now_ns + self.chance.randint(1, 3600) * NS_PER_SECOND
        if kind == OrderType.LIMIT and tif == TimeInForce.GTC:
            more |= draw([{}, {"display_lots": 1}, {"flags": int(OrderFlag.POST_ONLY)}])
        if tif == TimeInForce.IOC:
            more |= draw([{}, {"min_lots": 2}])
        if self.chance.random() < 0.3:
            more |= {"client_order_id": f"c{self.chance.randint(1, 40)}", "fingerprint": bytes([lots % 2] * 16)}
        return self.venue.order(draw(self.traders), draw(list(Side)), price, lots, tif, **more)

    def follower(self) -> Command:
        """Trailing, pegged, one cancels other, or a bracket."""
        draw, price, lots = self.chance.choice, self.chance.randint(94, 106), self.chance.randint(1, 12)
        account, side = draw(self.traders), draw(list(Side))
        sign = 1 if side is Side.BUY else -1
        away = self.chance.randint(1, 4)
        pegged = {"peg": draw(list(Peg)), "offset_ticks": self.chance.randint(-2, 2), "flags": draw([0, 1])}
        made = [
            (0, {"type": OrderType.TRAILING_STOP, "trail_ticks": away}),
            (price, {"type": OrderType.PEGGED, **pegged}),
            (price, {"type": OrderType.OCO, "stop_price_ticks": price + sign * away}),
            (price, {"exit_price_ticks": price + sign * away, "exit_stop_ticks": price - sign * away}),
        ]
        limit, more = draw(made)
        return self.venue.order(account, side, limit, lots, **more)

    def dry_run(self) -> Command:
        price, lots = self.chance.randint(94, 106), self.chance.randint(1, 12)
        account, side = self.chance.choice(self.traders), self.chance.choice(list(Side))
        return self.venue.order(account, side, price, lots, flags=OrderFlag.DRY_RUN)

    def offer(self) -> Command:
        draw, to = self.chance.choice, bytes(64)
        if self.chance.random() < 0.3:
            to = draw(self.traders).to_bytes(8, "little").ljust(64, b"\0")
        expire = draw([0, self.venue.now_ns + self.chance.randint(1, 3600) * NS_PER_SECOND])
        return commands.MakeOffer(
            account=draw(self.traders), instrument=self.venue.instrument, side=draw(list(Side)), part=draw([0, 1]),
            price_ticks=self.chance.randint(94, 106), lots=self.chance.randint(1, 12), expire_at_ns=expire, to=to,
        )  # fmt: skip

    def accept(self) -> Command:
        account, lots = self.chance.choice(self.traders), self.chance.choice([0, 1, 5])
        return commands.AcceptOffer(account=account, offer=self._recent(self.offers), lots=lots)

    def unoffer(self) -> Command:
        return commands.WithdrawOffer(account=self.chance.choice(self.traders), offer=self._recent(self.offers))

    def guard(self) -> Command:
        account, (guarded, guard) = self.chance.choice(self.traders), self.chance.choice(self.guards[-3:])
        made = [
            commands.SetDeadMan(account=account, fires_at_ns=self.venue.now_ns + 60 * NS_PER_SECOND),
            commands.SetDeadMan(account=account),
            commands.ArmDisconnect(account=account),
            commands.DisarmDisconnect(account=guarded, guard=guard),
            commands.Disconnect(account=guarded, guard=guard),
        ]
        return self.chance.choice(made)

    def pooling(self) -> Command:
        account, key, decision = self.chance.choice(self.traders), f"p{self.chance.randint(1, 60)}", digest("pool")
        more = {"account": account, "lots": self.chance.randint(1, 4), "key": key, "decision": decision}
        if self.chance.random() < 0.4:
            return commands.TakeDelivery(base=self.pool, **more)
        if self.chance.random() < 0.2:
            return commands.WithholdBase(
                base=self.venue.base, withheld=self.chance.randint(0, 1), decision=digest("recall")
            )
        return commands.PoolClaims(base=self.venue.base, pool=self.pool, **more)

    def operator(self) -> Command:
        """What the venue does at once, or an operator proposes."""
        draw, instrument = self.chance.choice, self.venue.instrument
        actor, reason = draw([0, *self.users_of_the_desk]), draw([Cause.OPERATOR, Cause.RISK])
        trade_id, *parties = draw(self.trades[-20:])
        trade = {"instrument": instrument, "trade_id": trade_id, "reason": reason}
        kill = draw([{"instrument": instrument}, {}])
        made = [
            commands.BustTrade(**trade),
            commands.BustTrade(**trade),
            commands.AdjustTrade(**trade, payer=parties[0], payee=parties[1], amount=self.chance.randint(1, 50)),
            commands.AdjustTrade(**trade, payer=parties[1], payee=parties[0], amount=self.chance.randint(1, 50)),
            commands.Kill(**kill, reason=reason),
            commands.Unkill(**kill, reason=reason),
            commands.AdoptPolicies(policies=digest("policies")),
            commands.SetWithdrawalLimit(asset=self.venue.asset, amount=draw([0, 100, 10**5])),
            commands.SetRulesVersion(rules_version=1),
            commands.AssignSchedule(instrument=instrument, schedule=digest("day")),
            commands.ConfirmTransfer(transfer=self._recent(self.transfers)),
            commands.WithdrawClaims(
                account=draw(self.traders), base=self.venue.base, lots=1, key=f"w{self.chance.randint(1, 20)}"
            ),
        ]
        chosen = draw(made)
        chosen.actor = actor
        return chosen

    def second(self) -> Command:
        kind = self.chance.choice([commands.Approve, commands.Approve, commands.Reject])
        return kind(actor=self.chance.choice(self.users_of_the_desk), proposal=self._recent(self.proposals))

    def _target(self) -> dict[str, int]:
        """Most often an open order with the account it is of, else any that was."""
        rows = decode_snapshot(self.venue.engine.snapshot()).rows(OrderRow)
        placed = [each for each in rows if not each.done_ns]
        if placed and self.chance.random() < 0.8:
            found = self.chance.choice(placed)
            return {"account": found.account, "order_id": found.order_id}
        return {"account": self.chance.choice(self.traders), "order_id": self._recent(self.orders)}

    def cancel(self) -> Command:
        return commands.CancelOrder(**self._target())

    def amend(self) -> Command:
        wish = {
            "price_ticks": self.chance.choice([0, self.chance.randint(94, 106)]),
            "lots": self.chance.randint(0, 12),
        }
        return commands.AmendOrder(**self._target(), **wish)

    def mass(self) -> Command:
        return commands.MassCancel(account=self.chance.choice(self.traders), side=self.chance.choice([0, 1, 2]))

    def wait(self) -> Command:
        self.venue.now_ns += self.chance.choice([1, 60, 600, 3600]) * NS_PER_SECOND
        return commands.Clock()

    def clock(self) -> Command:
        return commands.Clock()

    def phase(self) -> Command:
        return self._move(self.chance.choice([*sorted(LEGAL_MOVES[self._phase()]), Phase.OPENING_AUCTION]))

    def _move(self, phase: Phase) -> Command:
        ends = self.venue.now_ns + 600 * NS_PER_SECOND if phase.name.endswith("AUCTION") else 0
        freezes = ends and ends - 300 * NS_PER_SECOND
        return commands.SetPhase(instrument=self.venue.instrument, phase=phase, ends_at_ns=ends, freezes_at_ns=freezes)

    def reference(self) -> Command:
        price = self.chance.randint(97, 103)
        return commands.SetReferencePrice(instrument=self.venue.instrument, price_ticks=price)

    def cash(self) -> Command:
        kind = self.chance.choice([commands.BeginDeposit, commands.BeginWithdrawal])
        account, key = self.chance.choice(self.traders), f"k{self.chance.randint(1, 100)}"
        return kind(account=account, asset=self.venue.asset, amount=self.chance.randint(1, 10**5), key=key)

    def transfer(self) -> Command:
        kind = self.chance.choice([commands.ConfirmTransfer, commands.AbortTransfer])
        return kind(transfer=self._recent(self.transfers))

    def deliver(self) -> Command:
        account, key = self.chance.choice(self.traders), f"d{self.chance.randint(1, 60)}"
        lots, decision = self.chance.randint(1, 3), digest("deliver")
        return commands.TakeDelivery(account=account, base=self.venue.base, lots=lots, decision=decision, key=key)

    def gate(self) -> Command:
        pair = {"account": self.chance.choice(self.traders), "instrument": self.venue.instrument}
        pair |= {"side": self.chance.choice(list(Side)), "decision": digest("gate")}
        if self.chance.random() < 0.1:
            return commands.RevokeEntitlement(**pair)
        expires = self.chance.choice([*[FOREVER_NS] * 6, self.venue.now_ns + 3600 * NS_PER_SECOND])
        limit = self.chance.choice([60, *[500] * 4])
        return commands.GrantEntitlement(**pair, purpose=1, position_limit_lots=limit, expires_at_ns=expires)

    def desk(self) -> Command:
        account = self.chance.choice(self.traders)
        made = [
            commands.BlockAccount(account=account, evidence=digest("inquiry")),
            commands.RecordDecision(subject=digest("listing"), decision=digest("refused")),
            commands.DefineAsset(code=f"X{self.venue.sequence}", scale=2),
            commands.Issue(base=self.venue.base),
        ]
        return self.chance.choice(made)

    def people(self) -> Command:
        stranger, fingerprint = self._recent(self.strangers), digest(str(self.venue.sequence))
        made = [
            commands.RegisterParticipant(profile=digest("profile")),
            commands.SetParticipantState(participant=stranger, state=ParticipantState.VERIFIED),
            commands.RegisterUser(participant=stranger, roles=Role.BUYER),
            commands.RegisterKey(user=self._recent(self.users), scopes=Scope.TRADE, fingerprint=fingerprint),
            commands.RevokeKey(key=self._recent(self.keys)),
            commands.OpenAccount(participant=stranger),
            commands.DefineBase(account=self.traders[0], lots=1, lot_rtu=1, code="Y", decision=digest("y")),
        ]
        return self.chance.choice(made)


def write_journal(folder: Path, recorded: bytes) -> None:
    """In blocks of many sizes, some with a document, by three writers, over several segments."""
    chance = random.Random(1)
    while recorded:
        journal = Journal.open(folder, segment_bytes=SEGMENT_BYTES)
        for _ in range(BLOCKS_OF_A_WRITER):
            block_bytes = chance.randint(1, 60) * COMMAND_BYTES
            if recorded:
                journal.append(recorded[:block_bytes], (b"a document",) if chance.random() < 0.1 else ())
            recorded = recorded[block_bytes:]
        journal.close()


def main(release: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        journal = Path(scratch) / "journal"
        recorded = Market(seed=1).run(STEPS)
        write_journal(journal, recorded)
        report = verify_journal(journal)
        with tarfile.open(FOLDER / f"{release}.tar.xz", "w:xz", preset=9) as archive:
            for path in sorted(journal.glob("*.journal")):
                archive.add(path, f"journal/{path.name}")
    happened = Engine().apply(recorded)
    told = {"commands": report.commands, "head": report.head, "state_hash": report.state_hash}
    known = json.loads(HASHES.read_text()) if HASHES.exists() else {}
    known[release] = {**told, "events_sha256": hashlib.sha256(happened).hexdigest()}
    HASHES.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
