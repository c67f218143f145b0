"""Deposits and withdrawals, in two phases: begun, then confirmed or aborted once the bank has spoken."""

from exchange.matching.registry import Registry, is_cause
from exchange.matching.state import MachineState, Transfer
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import MAX_BALANCE

OK = Reason.NONE


class CashDesk:
    def __init__(self, state: MachineState, writer: EventWriter, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.registry = registry

    def begin(self, command: commands.BeginDeposit | commands.BeginWithdrawal) -> Reason:
        """Hold the cash of a withdrawal, or announce a deposit; the same key and content gets the first answer."""
        state = self.state
        account, asset = state.accounts.get(command.account), state.assets.get(command.asset)
        withdrawal = int(command.KIND == commands.BeginWithdrawal.KIND)
        if account is None or not command.account:
            return Reason.UNKNOWN_ACCOUNT
        if asset is None or asset.is_claim:
            return Reason.UNKNOWN_ASSET
        if not 0 < command.amount <= MAX_BALANCE:
            return Reason.BAD_AMOUNT
        if not command.key:
            return Reason.BAD_VALUE
        known = state.transfer_keys.get((command.account, command.key.encode()))
        if known is not None:
            return self._repeat(known, command, withdrawal)
        if not withdrawal and not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if not withdrawal and asset.supply + command.amount > MAX_BALANCE:
            return Reason.BALANCE_TOO_LARGE
        balance = account.balance(command.asset)
        if withdrawal and balance.total - balance.held < command.amount:
            return Reason.INSUFFICIENT_FUNDS
        if withdrawal:
            balance.held += command.amount
        key = command.key.encode()
        transfer = Transfer(
            command.sequence, command.account, command.asset, command.amount, withdrawal, Transfer.BEGUN, key
        )
        state.transfers[transfer.transfer] = transfer
        state.transfer_keys[command.account, key] = transfer
        self.writer.event(_told(events.TransferBegun, transfer))
        return OK

    def check_confirm(self, command: commands.ConfirmTransfer) -> Reason:
        transfer, reason = self._begun(command)
        if transfer is None:
            return reason
        supply = self.state.assets[transfer.asset].supply
        return OK if transfer.withdrawal or supply + transfer.amount <= MAX_BALANCE else Reason.BALANCE_TOO_LARGE

    def one_confirms(self, command: commands.ConfirmTransfer) -> bool:
        """Only a withdrawal above its asset's limit takes two users."""
        transfer = self.state.transfers[command.transfer]
        return not transfer.withdrawal or transfer.amount <= self.state.assets[transfer.asset].approval_above

    def confirm(self, command: commands.ConfirmTransfer) -> None:
        """The cash has come, or has left: only now does a total change."""
        transfer = self.state.transfers[command.transfer]
        asset = self.state.assets[transfer.asset]
        balance = self.state.accounts[transfer.account].balance(transfer.asset)
        if transfer.withdrawal:
            balance.total -= transfer.amount
            balance.held -= transfer.amount
            asset.supply -= transfer.amount
        else:
            balance.total += transfer.amount
            asset.supply += transfer.amount
        transfer.state = Transfer.CONFIRMED
        self._tell_end(events.TransferConfirmed, transfer, command)

    def abort(self, command: commands.AbortTransfer) -> Reason:
        transfer, reason = self._begun(command)
        if transfer is None:
            return reason
        if transfer.withdrawal:
            self.state.accounts[transfer.account].balance(transfer.asset).held -= transfer.amount
        transfer.state = Transfer.ABORTED
        self._tell_end(events.TransferAborted, transfer, command)
        return OK

    def _tell_end(
        self,
        kind: type[events.TransferEvent],
        transfer: Transfer,
        command: commands.ConfirmTransfer | commands.AbortTransfer,
    ) -> None:
        told = _told(kind, transfer)
        told.reason, told.evidence = command.reason, command.evidence
        self.writer.event(told)

    def _begun(self, command: commands.ConfirmTransfer | commands.AbortTransfer) -> tuple[Transfer | None, Reason]:
        if not self.registry.may_manage(command.actor):
            return None, Reason.NOT_PERMITTED
        transfer = self.state.transfers.get(command.transfer)
        if transfer is None:
            return None, Reason.UNKNOWN_TRANSFER
        if not is_cause(command.reason):
            return None, Reason.BAD_VALUE
        return (transfer, OK) if transfer.state == Transfer.BEGUN else (None, Reason.BAD_STATE)

    def _repeat(
        self, known: Transfer, command: commands.BeginDeposit | commands.BeginWithdrawal, withdrawal: int
    ) -> Reason:
        if (known.asset, known.amount, known.withdrawal) != (command.asset, command.amount, withdrawal):
            return Reason.DUPLICATE_TRANSFER_KEY
        self.writer.event(_told(events.TransferBegun, known, events.REPLAYED))
        return OK


def _told(kind: type[events.TransferEvent], transfer: Transfer, flags: int = 0) -> events.TransferEvent:
    return kind(
        flags=flags,
        account=transfer.account,
        transfer=transfer.transfer,
        asset=transfer.asset,
        amount=transfer.amount,
        withdrawal=transfer.withdrawal,
        key=transfer.key.decode(),
    )
