"""Which desk takes which command."""

from collections.abc import Callable
from typing import Any

from exchange.matching.aftermath import Aftermath
from exchange.matching.amendments import AmendDesk
from exchange.matching.auction import Auctioneer
from exchange.matching.cash import CashDesk
from exchange.matching.claims import ClaimsDesk
from exchange.matching.corrections import Corrections
from exchange.matching.definitions import Definitions
from exchange.matching.guards import GuardDesk
from exchange.matching.kill_switch import KillSwitch
from exchange.matching.offers import OfferDesk
from exchange.matching.orders import OrderDesk
from exchange.matching.phases import PhaseDesk
from exchange.matching.pools import PoolDesk
from exchange.matching.proposals import Dangerous, ProposalDesk
from exchange.matching.recalls import RecallDesk
from exchange.matching.registry import Registry
from exchange.matching.state import MachineState
from exchange.matching.venue_rules import VenueDesk
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands as c
from exchange.vocabulary.reasons import Reason

Handlers = dict[int, Callable[[Any], Reason]]
"""By kind of command: what returns the reason of a refusal, or changes the state and returns `NONE`."""


class Desks:
    def __init__(self, state: MachineState, writer: EventWriter, matcher: Aftermath) -> None:
        registry = self.registry = Registry(state, writer, matcher)
        self.orders = OrderDesk(state, writer, matcher, registry)
        self.amendments = AmendDesk(state, writer, matcher, self.orders)
        self.offers = OfferDesk(state, writer, matcher)
        self.guards = GuardDesk(state, writer, self.orders, registry)
        self.phases = PhaseDesk(state, writer, matcher, registry, Auctioneer(state, writer, matcher))
        self.definitions = Definitions(state, writer, registry, self.phases)
        self.cash = CashDesk(state, writer, registry)
        self.claims = ClaimsDesk(state, writer, matcher, registry)
        self.pools = PoolDesk(state, writer, self.definitions)
        self.recalls = RecallDesk(state, writer, registry)
        self.kill_switch = KillSwitch(state, writer, matcher, registry, self.phases)
        self.venue = VenueDesk(state, writer, registry)
        self.corrections = Corrections(state, writer, registry)
        self.proposals = ProposalDesk(state, writer, registry)
        self.proposals.dangerous = self._dangerous()

    def own_answers(self) -> dict[int, Callable[[Any], None]]:
        """By kind of command: what writes its refusals itself, because they tell more than a reason."""
        return {
            c.AmendOrder.KIND: self.amendments.amend,
            c.MassCancel.KIND: self.orders.mass_cancel,
            c.MakeOffer.KIND: self.offers.make,
            c.AcceptOffer.KIND: self.offers.accept,
            c.WithdrawOffer.KIND: self.offers.withdraw,
            c.Approve.KIND: self.proposals.approve,
            c.Reject.KIND: self.proposals.reject,
            **dict.fromkeys(self.proposals.dangerous, self.proposals.ask),
        }

    def handlers(self) -> Handlers:
        return self._of_parties() | self._of_markets() | self._of_accounts()

    def _dangerous(self) -> dict[int, Dangerous]:
        """What one user proposes and another approves."""
        venue, cash, corrections, kill_switch = self.venue, self.cash, self.corrections, self.kill_switch
        recalls = self.recalls
        return {
            c.SetRulesVersion.KIND: Dangerous(venue.check_rules_version, venue.set_rules_version),
            c.AdoptPolicies.KIND: Dangerous(venue.check_policies, venue.adopt_policies),
            c.SetWithdrawalLimit.KIND: Dangerous(venue.check_withdrawal_limit, venue.set_withdrawal_limit),
            c.Unkill.KIND: Dangerous(kill_switch.check_unkill, kill_switch.unkill),
            c.BustTrade.KIND: Dangerous(corrections.check_bust, corrections.bust, lack=corrections.lack),
            c.AdjustTrade.KIND: Dangerous(corrections.check_adjust, corrections.adjust),
            c.ConfirmTransfer.KIND: Dangerous(cash.check_confirm, cash.confirm, cash.one_confirms),
            c.WithdrawClaims.KIND: Dangerous(recalls.check_withdraw, recalls.withdraw, recalls.one_withdraws),
        }

    def _of_parties(self) -> Handlers:
        registry = self.registry
        return {
            c.Clock.KIND: registry.clock,
            c.RegisterParticipant.KIND: registry.register_participant,
            c.SetParticipantState.KIND: registry.set_participant_state,
            c.RegisterUser.KIND: registry.register_user,
            c.RegisterKey.KIND: registry.register_key,
            c.RevokeKey.KIND: registry.revoke_key,
            c.OpenAccount.KIND: registry.open_account,
            c.BlockAccount.KIND: registry.block_account,
            c.UnblockAccount.KIND: registry.unblock_account,
            c.Kill.KIND: self.kill_switch.kill,
        }

    def _of_markets(self) -> Handlers:
        definitions, phases = self.definitions, self.phases
        return {
            c.DefineAsset.KIND: definitions.define_asset,
            c.DefineBase.KIND: definitions.define_base,
            c.DefinePool.KIND: self.pools.define,
            c.DefineInstrument.KIND: definitions.define_instrument,
            c.RecordDecision.KIND: definitions.record_decision,
            c.SetPhase.KIND: phases.set_phase,
            c.SetReferencePrice.KIND: phases.set_reference_price,
            c.AssignSchedule.KIND: phases.assign_schedule,
        }

    def _of_accounts(self) -> Handlers:
        cash, claims, guards = self.cash, self.claims, self.guards
        return {
            c.BeginDeposit.KIND: cash.begin,
            c.BeginWithdrawal.KIND: cash.begin,
            c.AbortTransfer.KIND: cash.abort,
            c.GrantEntitlement.KIND: claims.grant,
            c.RevokeEntitlement.KIND: claims.revoke,
            c.Issue.KIND: claims.issue,
            c.TakeDelivery.KIND: claims.take_delivery,
            c.PoolClaims.KIND: self.pools.pool_claims,
            c.WithholdBase.KIND: self.recalls.withhold,
            c.SetDeadMan.KIND: guards.set_dead_man,
            c.ArmDisconnect.KIND: guards.arm,
            c.DisarmDisconnect.KIND: guards.disarm,
            c.Disconnect.KIND: guards.disconnect,
        }
