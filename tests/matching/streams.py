"""Random commands of every kind against one venue: four traders, two operators, a dataset and a pool."""

from hypothesis import strategies as st
from venue import Venue

from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import COMMANDS, EVENTS
from exchange.vocabulary.events import CommandRefused
from exchange.vocabulary.instruments import Cause, OrderFlag, OrderType, Peg, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.refusals import REFUSALS
from exchange.vocabulary.rows import AccountRow
from exchange.vocabulary.units import FOREVER_NS, NS_PER_SECOND
from simulations.sandbox import Terms, digest

SIDES, TIFS = st.sampled_from(list(Side)), st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])
TRADERS = st.integers(0, 3)
ACTORS = st.integers(0, 2)
"""The venue itself, or one of two operators."""

STEPS = st.one_of(
    st.tuples(
        st.just("order"),
        TRADERS,
        SIDES,
        st.integers(95, 105),
        st.integers(1, 20),
        TIFS,
        st.sampled_from(list(SelfTrade)),
        st.booleans(),
        st.sampled_from(["", "", "a", "b", "c"]),
    ),
    st.tuples(st.just("market"), TRADERS, SIDES, st.integers(1, 30)),
    st.tuples(st.just("spend"), TRADERS, st.integers(1, 3_000)),
    st.tuples(st.just("iceberg"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 40), st.integers(1, 10)),
    st.tuples(st.just("at_least"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.just("expiring"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 10**14), st.booleans()),
    st.tuples(st.just("stop"), TRADERS, SIDES, st.integers(95, 105), st.integers(0, 105), st.integers(1, 20)),
    st.tuples(st.just("trail"), TRADERS, SIDES, st.integers(1, 6), st.integers(1, 20)),
    st.tuples(
        st.just("peg"),
        TRADERS,
        SIDES,
        st.integers(95, 105),
        st.integers(1, 20),
        st.sampled_from(list(Peg)),
        st.integers(-2, 2),
        st.booleans(),
    ),
    st.tuples(st.just("both"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 8), st.integers(1, 20)),
    st.tuples(
        st.just("bracket"),
        TRADERS,
        SIDES,
        st.integers(95, 105),
        st.integers(1, 20),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    st.tuples(st.just("move"), TRADERS, st.integers(1, 60), st.integers(0, 5), st.integers(0, 105)),
    st.tuples(st.just("cancel"), TRADERS, st.integers(1, 60)),
    st.tuples(st.just("amend"), TRADERS, st.integers(1, 60), st.integers(0, 105), st.integers(0, 25)),
    st.tuples(st.just("mass"), TRADERS, st.integers(0, 2)),
    st.tuples(st.just("deliver"), TRADERS, st.integers(1, 5)),
    st.tuples(st.just("phase"), st.sampled_from(list(Phase))),
    st.tuples(st.just("phase"), st.sampled_from([Phase.CONTINUOUS, Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION])),
    st.tuples(st.just("call"), st.integers(1, 10**14)),
    st.tuples(
        st.just("auction"), TRADERS, SIDES, st.integers(90, 110), st.integers(1, 20), st.booleans(), st.booleans()
    ),
    st.tuples(st.just("reference"), st.integers(95, 105)),
    st.tuples(st.just("withdraw"), TRADERS, st.integers(1, 10**6)),
    st.tuples(
        st.just("offer"), TRADERS, SIDES, st.integers(90, 110), st.integers(1, 20), st.sets(TRADERS), st.booleans()
    ),
    st.tuples(st.just("accept"), TRADERS, st.integers(0, 10), st.integers(0, 5), st.sampled_from(["", "a", "b"])),
    st.tuples(st.just("unoffer"), TRADERS, st.integers(0, 10)),
    st.tuples(st.just("dry"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 20), TIFS),
    st.tuples(st.just("timer"), TRADERS, st.integers(-1, 10**14)),
    st.tuples(st.just("guard"), TRADERS),
    st.tuples(st.just("unguard"), TRADERS, st.integers(0, 10)),
    st.tuples(st.just("lose"), TRADERS, st.integers(0, 10)),
    st.tuples(st.just("wait"), st.integers(1, 10**14)),
    st.tuples(st.just("bust"), ACTORS, st.integers(0, 5)),
    st.tuples(st.just("adjust"), ACTORS, st.integers(0, 5), st.integers(-50, 50)),
    st.tuples(st.just("kill"), st.sampled_from(["venue", "instrument", "participant"]), TRADERS),
    st.tuples(st.just("unkill"), ACTORS, st.sampled_from(["venue", "instrument", "participant"]), TRADERS),
    st.tuples(st.just("second"), ACTORS, st.booleans(), st.integers(0, 3)),
    st.tuples(st.just("block"), TRADERS, st.booleans()),
    st.tuples(
        st.just("gate"), TRADERS, SIDES, st.booleans(), st.integers(0, 300), st.integers(0, 2), st.integers(0, 1)
    ),
    st.tuples(st.just("tick")),
    st.tuples(st.just("deposit"), TRADERS, st.integers(1, 10**6)),
    st.tuples(st.just("transfer"), ACTORS, st.booleans(), st.integers(0, 3)),
    st.tuples(st.just("limit"), ACTORS, st.integers(0, 10**5)),
    st.tuples(st.just("pooled"), TRADERS, st.integers(1, 20)),
    st.tuples(st.just("unpool"), TRADERS, st.integers(1, 5)),
    st.tuples(st.just("withheld"), ACTORS, st.booleans()),
    st.tuples(st.just("withdrawn"), ACTORS, TRADERS, st.integers(1, 5)),
    st.tuples(st.just("desk"), ACTORS, st.integers(0, 11)),
)


class Market:
    """Four traders, the last two of one owner, and the commands that steps name."""

    def __init__(self) -> None:
        self.venue = Venue(terms=Terms(lots=5_000, copies=2, dynamic_band_ppm=30_000, static_band_ppm=80_000))
        owner = self.venue.participant()
        family = [self.venue.trader(claims=200, participant=self.venue.participant(owner=owner)) for _ in range(2)]
        self.traders = [self.venue.ann, self.venue.bob, *family]
        told = {row.account: row.participant for row in self.venue.rows(AccountRow)}
        self.participants = [told[account] for account in self.traders]
        desk = self.venue.participant()
        made = [self.venue.must(commands.RegisterUser(participant=desk, roles=Role.OPERATOR)) for _ in range(2)]
        self.actors = [0, *made]
        self.pool = self._with_pool()
        self.trades, self.proposals, self.transfers = [(0, 0, 0)], [0], [0]
        self.first = self.venue.sequence
        self.journal: list[bytes] = []

    def step(self, step) -> None:
        if step[0] == "wait":
            self.venue.now_ns += step[1]
            return
        stamped = self.venue.stamped([getattr(self, step[0])(*step[1:])])
        self.journal.append(stamped)
        for event in EVENTS.decode_all(self.venue.engine.apply(stamped)):
            self._remember(event)
            if isinstance(event, CommandRefused):
                assert Reason(event.reason) in REFUSALS[COMMANDS.kinds[event.command_kind]], "no documented refusal"
        self.venue.engine.check_invariants()

    def _with_pool(self) -> int:
        """A pool that the sandbox's one dataset may go into, with an instrument of its own."""
        venue = self.venue
        terms = {"code": "POOL", "lot_rtu": venue.terms.lot_rtu, "listing": digest("class"), "decision": digest("pool")}
        pool = venue.must(commands.DefinePool(**terms))
        more = {"tick_minor": 1, "lot_rtu": venue.terms.lot_rtu, "max_lots": 100, "max_notional_minor": 10**9}
        named = {"base": pool, "quote": venue.asset, "symbol": "POOL-CNY", "modes": 15, "taker_ppm": 10}
        venue.must(commands.DefineInstrument(**named, **more))
        return pool

    def _remember(self, event) -> None:
        """What later steps ask about."""
        if isinstance(event, events.Trade):
            self.trades.append((event.trade_id, event.account, event.maker_account))
        elif isinstance(event, events.Proposed):
            self.proposals.append(event.proposal)
        elif isinstance(event, events.TransferBegun):
            self.transfers.append(event.transfer)

    def tick(self):
        return commands.Clock()

    def bust(self, actor, ago):
        trade = self.trades[-1 - ago % len(self.trades)][0]
        header = {"actor": self.actors[actor], "instrument": self.venue.instrument}
        return commands.BustTrade(**header, trade_id=trade, reason=Cause.OPERATOR)

    def adjust(self, actor, ago, amount):
        trade, payer, payee = self.trades[-1 - ago % len(self.trades)]
        header = {"actor": self.actors[actor], "instrument": self.venue.instrument, "reason": Cause.OPERATOR}
        if amount < 0:
            payer, payee = payee, payer
        return commands.AdjustTrade(**header, trade_id=trade, payer=payer, payee=payee, amount=abs(amount))

    def _scope(self, scope, trader):
        if scope == "instrument":
            return {"instrument": self.venue.instrument}
        return {"participant": self.participants[trader]} if scope == "participant" else {}

    def kill(self, scope, trader):
        return commands.Kill(**self._scope(scope, trader), reason=Cause.RISK)

    def unkill(self, actor, scope, trader):
        return commands.Unkill(actor=self.actors[actor], **self._scope(scope, trader), reason=Cause.OPERATOR)

    def second(self, actor, approved, ago):
        kind = commands.Approve if approved else commands.Reject
        return kind(actor=self.actors[actor], proposal=self.proposals[-1 - ago % len(self.proposals)])

    def block(self, trader, blocked):
        kind = commands.BlockAccount if blocked else commands.UnblockAccount
        return kind(account=self.traders[trader], reason=Cause.CONDUCT)

    def gate(self, trader, side, granted, limit, days, expires):
        pair = {"account": self.traders[trader], "instrument": self.venue.instrument, "side": side}
        if not granted:
            return commands.RevokeEntitlement(**pair, decision=digest("gate"))
        until = self.venue.now_ns + 3_600 * NS_PER_SECOND if expires else FOREVER_NS
        more = {"purpose": 1, "position_limit_lots": limit, "min_days": days, "expires_at_ns": until}
        return commands.GrantEntitlement(**pair, **more, decision=digest("gate"))

    def deposit(self, trader, amount):
        key = f"d{self.venue.sequence}"
        return commands.BeginDeposit(account=self.traders[trader], asset=self.venue.asset, amount=amount, key=key)

    def transfer(self, actor, confirmed, ago):
        kind = commands.ConfirmTransfer if confirmed else commands.AbortTransfer
        return kind(actor=self.actors[actor], transfer=self.transfers[-1 - ago % len(self.transfers)])

    def limit(self, actor, amount):
        return commands.SetWithdrawalLimit(actor=self.actors[actor], asset=self.venue.asset, amount=amount)

    def pooled(self, trader, lots):
        key, decision = f"p{self.venue.sequence}", digest("pool")
        more = {"account": self.traders[trader], "lots": lots, "key": key, "decision": decision}
        return commands.PoolClaims(base=self.venue.base, pool=self.pool, **more)

    def unpool(self, trader, lots):
        key, decision = f"u{self.venue.sequence}", digest("deliver")
        return commands.TakeDelivery(
            account=self.traders[trader], base=self.pool, lots=lots, key=key, decision=decision
        )

    def withheld(self, actor, withheld):
        how = {"withheld": int(withheld), "decision": digest("recall")}
        return commands.WithholdBase(actor=self.actors[actor], base=self.venue.base, **how)

    def withdrawn(self, actor, trader, lots):
        key = f"w{self.venue.sequence // 4}"
        whose = {"actor": self.actors[actor], "account": self.traders[trader]}
        return commands.WithdrawClaims(base=self.venue.base, lots=lots, key=key, **whose)

    def desk(self, actor, which):
        """What an operator does rarely."""
        number, header = self.venue.sequence, {"actor": self.actors[actor]}
        stranger = {"participant": self.participants[0]}
        made = [
            commands.SetRulesVersion(**header, rules_version=1),
            commands.AdoptPolicies(**header, policies=digest("policies")),
            commands.AssignSchedule(**header, instrument=self.venue.instrument, schedule=digest("day")),
            commands.RecordDecision(**header, subject=digest("listing"), decision=digest("refused")),
            commands.DefineAsset(**header, code=f"X{number}", scale=2),
            commands.DefineBase(**header, account=self.traders[0], lots=1, lot_rtu=1, code="Y", decision=digest("y")),
            commands.Issue(**header, base=self.venue.base),
            commands.RegisterParticipant(**header, profile=digest("profile")),
            commands.SetParticipantState(**header, **stranger, state=ParticipantState.SUSPENDED),
            commands.RegisterKey(**header, user=self.actors[1], scopes=Scope.MANAGE, fingerprint=digest(str(number))),
            commands.RevokeKey(**header, key=number),
            commands.OpenAccount(**header, **stranger),
        ]
        return made[which]

    def order(self, trader, side, price, lots, tif, mode, post_only, client_id):
        flags = OrderFlag.POST_ONLY if post_only else 0
        more = {"self_trade": mode, "flags": flags, "client_order_id": client_id, "fingerprint": bytes([lots] * 16)}
        return self.venue.order(self.traders[trader], side, price, lots, tif, **more)

    def market(self, trader, side, lots):
        return self.venue.order(self.traders[trader], side, 0, lots, TimeInForce.IOC, type=OrderType.MARKET)

    def spend(self, trader, funds):
        more = {"type": OrderType.MARKET, "funds_minor": funds}
        return self.venue.order(self.traders[trader], Side.BUY, 0, 0, TimeInForce.IOC, **more)

    def iceberg(self, trader, side, price, lots, display):
        return self.venue.order(self.traders[trader], side, price, lots, display_lots=min(display, lots))

    def at_least(self, trader, side, price, lots, least):
        return self.venue.order(self.traders[trader], side, price, lots, TimeInForce.IOC, min_lots=min(least, lots))

    def expiring(self, trader, side, price, after_ns, day):
        if day:
            return self.venue.order(self.traders[trader], side, price, 3, TimeInForce.DAY)
        expire = self.venue.now_ns + after_ns
        return self.venue.order(self.traders[trader], side, price, 3, TimeInForce.GTD, expire_at_ns=expire)

    def stop(self, trader, side, stop, price, lots):
        more = {"type": OrderType.STOP_LIMIT if price else OrderType.STOP, "stop_price_ticks": stop}
        return self.venue.order(self.traders[trader], side, price, lots, **more)

    def trail(self, trader, side, trail, lots):
        return self.venue.order(self.traders[trader], side, 0, lots, type=OrderType.TRAILING_STOP, trail_ticks=trail)

    def peg(self, trader, side, cap, lots, peg, offset, post_only):
        more = {"peg": peg, "offset_ticks": offset, "flags": OrderFlag.POST_ONLY if post_only else 0}
        return self.venue.order(self.traders[trader], side, cap, lots, type=OrderType.PEGGED, **more)

    def both(self, trader, side, price, apart, lots):
        stop = price + apart if side is Side.BUY else price - apart
        return self.venue.order(self.traders[trader], side, price, lots, type=OrderType.OCO, stop_price_ticks=stop)

    def bracket(self, trader, side, price, lots, gain, loss):
        sign = 1 if side is Side.BUY else -1
        exits = {"exit_price_ticks": price + sign * gain if gain else 0, "exit_stop_ticks": price - sign * loss}
        return self.venue.order(self.traders[trader], side, price, lots, **exits)

    def move(self, trader, ago, display, stop):
        order = max(self.venue.sequence - ago, 0) * 16
        return commands.AmendOrder(
            account=self.traders[trader], order_id=order, display_lots=display, stop_price_ticks=stop
        )

    def cancel(self, trader, ago):
        return commands.CancelOrder(account=self.traders[trader], order_id=max(self.venue.sequence - ago, 0) * 16)

    def amend(self, trader, ago, price, lots):
        order = max(self.venue.sequence - ago, 0) * 16
        return commands.AmendOrder(account=self.traders[trader], order_id=order, price_ticks=price, lots=lots)

    def mass(self, trader, side):
        return commands.MassCancel(account=self.traders[trader], side=side)

    def deliver(self, trader, lots):
        key = str(self.venue.sequence)
        return commands.TakeDelivery(
            account=self.traders[trader], base=self.venue.base, lots=lots, decision=b"d" * 32, key=key
        )

    def phase(self, phase):
        return commands.SetPhase(instrument=self.venue.instrument, phase=phase)

    def call(self, ends_after_ns):
        ends = self.venue.now_ns + ends_after_ns
        return commands.SetPhase(instrument=self.venue.instrument, phase=Phase.CLOSING_AUCTION, ends_at_ns=ends)

    def auction(self, trader, side, price, lots, opening, market):
        tif = TimeInForce.AT_OPEN if opening else TimeInForce.AT_CLOSE
        more = {"type": OrderType.MARKET} if market else {}
        return self.venue.order(self.traders[trader], side, 0 if market else price, lots, tif, **more)

    def reference(self, price):
        return commands.SetReferencePrice(instrument=self.venue.instrument, price_ticks=price)

    def offer(self, trader, side, price, lots, to, expires):
        terms = {"part": lots % 2, "expire_at_ns": self.venue.now_ns + 10**13 if expires else 0}
        named = tuple(self.traders[each] for each in sorted(to))
        return self.venue.offering(self.traders[trader], side, price, lots, named, **terms)

    def accept(self, trader, ago, lots, client_id):
        offer = max(self.venue.sequence - ago, 0) * 16
        return commands.AcceptOffer(
            account=self.traders[trader], offer=offer, lots=lots, client_order_id=client_id, fingerprint=b"f" * 16
        )

    def unoffer(self, trader, ago):
        return commands.WithdrawOffer(account=self.traders[trader], offer=max(self.venue.sequence - ago, 0) * 16)

    def dry(self, trader, side, price, lots, tif):
        return self.venue.order(self.traders[trader], side, price, lots, tif, flags=OrderFlag.DRY_RUN)

    def timer(self, trader, after_ns):
        fires = self.venue.now_ns + after_ns if after_ns else 0
        return commands.SetDeadMan(account=self.traders[trader], fires_at_ns=fires)

    def guard(self, trader):
        return commands.ArmDisconnect(account=self.traders[trader])

    def unguard(self, trader, ago):
        return commands.DisarmDisconnect(account=self.traders[trader], guard=max(self.venue.sequence - ago, 0))

    def lose(self, trader, ago):
        return commands.Disconnect(account=self.traders[trader], guard=max(self.venue.sequence - ago, 0))

    def withdraw(self, trader, amount):
        key = str(self.venue.sequence)
        return commands.BeginWithdrawal(account=self.traders[trader], asset=self.venue.asset, amount=amount, key=key)
