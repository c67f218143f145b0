"""The operator's desk: what it consists of, and the commands that look after evidence and the books."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli import approvals, members, schedule, stops, transfers
from api.cli.client import Part
from api.cli.console import CommandError, say, show, table
from api.cli.options import HERE, Key, Url, operating

operator_command = typer.Typer(help="Run the venue.", no_args_is_help=True, add_completion=False)
operator_command.add_typer(members.participants, name="participants")
for name, command in (
    ("enrol", members.enrol),
    ("account", members.account),
    ("user", members.user),
    ("key", members.key),
    ("revoke-key", members.revoke_key),
    ("deposit", transfers.deposit),
    ("transfers", transfers.list_transfers),
    ("confirm", transfers.confirm),
    ("abort", transfers.abort),
    ("schedule", schedule.assign),
    ("unschedule", schedule.remove),
    ("phase", stops.phase),
    ("halt", stops.halt),
    ("resume", stops.resume),
    ("reference-price", stops.reference_price),
    ("block", stops.block),
    ("unblock", stops.unblock),
    ("kill", stops.kill),
    ("unkill", stops.unkill),
    ("kills", stops.list_kills),
    ("interventions", stops.list_interventions),
    ("bust", approvals.bust),
    ("adjust", approvals.adjust),
    ("withdraw-claims", approvals.withdraw_claims),
    ("withdrawal-limit", approvals.withdrawal_limit),
    ("adopt-policies", approvals.adopt_policies),
    ("rules", approvals.rules),
    ("proposals", approvals.list_proposals),
    ("approve", approvals.approve),
    ("reject", approvals.reject),
):
    operator_command.command(name)(command)


@operator_command.command()
def attach(
    dataset: Annotated[str, typer.Argument(help="SHA-256 of the Croissant metadata")],
    evidence: Annotated[str, typer.Argument(help="Which evidence, as the gate's rules name it")],
    document: Annotated[Path, typer.Argument(help="The file itself")],
    participant: Annotated[str | None, typer.Option(help="For one participant alone")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Attach evidence that a rule of the gate waits for."""
    parts: list[Part] = [("dataset", (None, dataset)), ("evidence", (None, evidence))]
    parts += [("participant", (None, participant))] if participant else []
    with operating(url, credentials) as client:
        told = client.upload("/approvals", [*parts, ("document", (document.name, document.read_bytes()))])
    say(f"{evidence} is attached: {told['approval']}")


@operator_command.command()
def reconcile(url: Url = HERE, credentials: Key = None) -> None:
    """Compare every balance of the machine, of SQL, and of the postings. Exit status 1 where they differ."""
    with operating(url, credentials) as client:
        found = client.get("/reconciliation")
    for each in found["differences"]:
        say(f"Account {each['account']}, asset {each['asset']}: {each['engine']} {each['balances']} {each['postings']}")
    if not found["agrees"]:
        raise CommandError("BOOKS_DIFFER", f"{len(found['differences'])} balances at sequence {found['sequence']}")
    say(f"{found['compared']} balances agree at sequence {found['sequence']}.")


@operator_command.command("trial-balance")
def trial_balance(url: Url = HERE, credentials: Key = None) -> None:
    """The chart of accounts with its totals. Exit status 1 where they do not come out at zero."""
    with operating(url, credentials) as client:
        found = client.get("/trial-balance")
    if found["lines"]:
        columns = list(found["lines"][0])
        show(table("", columns, ([line[name] for name in columns] for line in found["lines"])))
    if not found["balanced"]:
        raise CommandError("UNBALANCED", str(found["differences"]))
    say("The trial balance is zero.")
