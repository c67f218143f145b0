"""What a golden journal asks for besides plain trading: orders that follow, offers, guards, pools, operators."""

import random

from exchange.vocabulary import commands, events
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import Event
from exchange.vocabulary.instruments import Cause, OrderFlag, OrderType, Peg, Side
from exchange.vocabulary.offering import packed_accounts
from exchange.vocabulary.participants import Role, Scope
from exchange.vocabulary.rows import AccountRow, InstrumentRow
from exchange.vocabulary.state import decode_snapshot
from exchange.vocabulary.units import NS_PER_SECOND
from simulations.sandbox import Sandbox, digest


class Desks:
    """Steps of a random market over `traders`; `remember` keeps the ids that later steps ask about."""

    def __init__(self, venue: Sandbox, traders: list[int], chance: random.Random) -> None:
        self.venue, self.traders, self.chance = venue, traders, chance
        self.offers, self.proposals = [0], [0]
        self.guards = [(traders[0], 0)]
        self.killed: list[Command] = []
        pool = commands.DefinePool(
            lot_rtu=venue.terms.lot_rtu, code="GRADED", listing=digest("class"), decision=digest("pool")
        )
        self.pool = venue.must(pool)
        self.operators = [self._operator(number) for number in range(2)]
        self.steps = [self.follower] * 4 + [self.offer] * 3 + [self.guard] * 2 + [self.pooling, self.rules]
        self.steps += [self.correct] * 2 + [self.second] * 2 + [self.kill]

    def _operator(self, number: int) -> int:
        user = self.venue.must(commands.RegisterUser(participant=self.venue.participant(), roles=Role.OPERATOR))
        return self.venue.must(
            commands.RegisterKey(user=user, scopes=Scope.MANAGE, fingerprint=digest(f"operator {number}"))
        )

    def remember(self, event: Event) -> None:
        if isinstance(event, events.OfferTerms):
            self.offers.append(event.offer)
        elif isinstance(event, events.Proposed):
            self.proposals.append(event.proposal)
        elif isinstance(event, events.DisconnectArmed):
            self.guards.append((event.account, event.guard))
        elif isinstance(event, events.Killed):
            about = {"instrument": event.instrument, "participant": event.participant}
            self.killed.append(commands.Unkill(**about, reason=Cause.OPERATOR))
        elif isinstance(event, events.Unkilled):
            self.killed.pop(0)

    def _asker(self) -> int:
        """The venue itself, or one of two operators."""
        return self.chance.choice([0, *self.operators * 2])

    def follower(self) -> Command:
        """A trailing, pegged, one-cancels-other or bracket order, or a dry run."""
        draw, side, lots = self.chance.choice, self.chance.choice(list(Side)), self.chance.randint(1, 8)
        away = 3 if side is Side.SELL else -3
        price, more = self.chance.randint(96, 104), {}
        match draw(["trail", "peg", "oco", "bracket", "dry run"]):
            case "trail":
                price, more = 0, {"type": OrderType.TRAILING_STOP, "trail_ticks": 2}
            case "peg":
                more = {"type": OrderType.PEGGED, "peg": draw(list(Peg)), "offset_ticks": draw([-1, 0, 1])}
            case "oco":
                more = {"type": OrderType.OCO, "stop_price_ticks": price - 2 * away}
            case "bracket":
                more = {"exit_price_ticks": price - away, "exit_stop_ticks": price + away}
            case "dry run":
                more = {"flags": int(OrderFlag.DRY_RUN)}
        return self.venue.order(draw(self.traders), side, price, lots, **more)

    def offer(self) -> Command:
        draw, account = self.chance.choice, self.chance.choice(self.traders)
        known = draw(self.offers[-6:])
        made = commands.MakeOffer(
            account=account, instrument=self.venue.instrument, side=draw(list(Side)), part=draw([0, 1]),
            price_ticks=self.chance.randint(95, 105), lots=self.chance.randint(1, 9),
            expire_at_ns=draw([0, self.venue.now_ns + 60 * NS_PER_SECOND]),
            to=packed_accounts(draw([[], self.traders[:2]])),
        )  # fmt: skip
        accepted = commands.AcceptOffer(account=account, offer=known, lots=draw([0, 1]))
        return draw([made, accepted, accepted, commands.WithdrawOffer(account=account, offer=known)])

    def guard(self) -> Command:
        account, guard = self.chance.choice(self.guards[-6:])
        made = [
            commands.SetDeadMan(account=account, fires_at_ns=self.venue.now_ns + self.chance.randint(1, 99) * 10**7),
            commands.ArmDisconnect(account=self.chance.choice(self.traders)),
            commands.DisarmDisconnect(account=account, guard=guard),
            commands.Disconnect(account=account, guard=guard),
        ]
        return self.chance.choice(made)

    def pooling(self) -> Command:
        account, key = self.chance.choice(self.traders), f"p{self.chance.randint(1, 30)}"
        lots, decision = self.chance.randint(1, 2), digest("belongs")
        pooled = {"base": self.venue.base, "pool": self.pool, "lots": lots, "decision": decision, "key": key}
        return commands.PoolClaims(account=account, **pooled)

    def rules(self) -> Command:
        made = [
            commands.AdoptPolicies(actor=self._asker(), policies=digest("policies")),
            commands.SetWithdrawalLimit(actor=self._asker(), asset=self.venue.asset, amount=5 * 10**4),
            commands.SetRulesVersion(actor=self._asker(), rules_version=1),
            commands.AssignSchedule(instrument=self.venue.instrument, schedule=digest("day")),
        ]
        return self.chance.choice(made)

    def correct(self) -> Command:
        """A bust or an adjustment of one of the last trades."""
        last = decode_snapshot(self.venue.engine.snapshot()).rows(InstrumentRow)[0].last_trade_id
        trade = {"instrument": self.venue.instrument, "trade_id": max(1, last - self.chance.randint(0, 9))}
        why = {"actor": self._asker(), "reason": Cause.OPERATOR, "evidence": digest("why")}
        payer, payee = self.chance.sample(self.traders, 2)
        adjusted = commands.AdjustTrade(**trade, **why, payer=payer, payee=payee, amount=self.chance.randint(1, 50))
        return self.chance.choice([commands.BustTrade(**trade, **why), adjusted])

    def second(self) -> Command:
        kind = self.chance.choice([commands.Approve, commands.Approve, commands.Reject])
        return kind(actor=self.chance.choice(self.operators), proposal=self.chance.choice(self.proposals[-5:]))

    def kill(self) -> Command:
        accounts = decode_snapshot(self.venue.engine.snapshot()).rows(AccountRow)
        participants = [row.participant for row in accounts if row.account in self.traders]
        about = [{"participant": self.chance.choice(participants)}, {"instrument": self.venue.instrument}, {}]
        return commands.Kill(**self.chance.choice(about), reason=Cause.RISK, evidence=digest("why"))
