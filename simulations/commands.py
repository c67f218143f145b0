"""What `tlx` gains from the simulations: a recorded hour replayed, and a dataset to try a listing with."""

import json
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from simulations.market.installation import installation_submissions
from simulations.replay import ReplayError, replay_file
from simulations.scenario import ScenarioError, read_scenarios, run

DIFFERS = 1


def replay(file: Annotated[Path, typer.Argument(help="A recording of order flow: .csv or .csv.xz")]) -> None:
    """Send recorded order flow through an engine, and compare each fill. Exit status 1 where one differs."""
    try:
        report = replay_file(file, _progress if sys.stderr.isatty() else None)
    except ReplayError as error:
        typer.echo(f"BAD_RECORDING: {error}", err=True)
        raise typer.Exit(DIFFERS) from None
    typer.echo(report.render())
    if not report.ok:
        raise typer.Exit(DIFFERS)


def scenario(paths: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them")]) -> None:
    """Play scenarios against the machine, and show where it differs. Exit status 1 where one does."""
    played, differences = 0, []
    try:
        for path in paths:
            for each in read_scenarios(path):
                played += 1
                outcome = run(each)
                if not outcome.ok:
                    differences.append(outcome.difference)
    except (ScenarioError, OSError) as error:
        typer.echo(f"BAD_SCENARIO: {error}", err=True)
        raise typer.Exit(DIFFERS) from None
    for difference in differences:
        typer.echo(difference)
    typer.echo(f"{played - len(differences)} of {played} scenarios came out as written.")
    if differences or not played:
        raise typer.Exit(DIFFERS)


def sample(
    folder: Annotated[Path, typer.Argument(help="A new folder")],
    name: Annotated[str, typer.Option(help="What to call the dataset")] = "sample-topics",
    unlicensed: Annotated[bool, typer.Option("--unlicensed", help="Without its licence, to see it refused")] = False,
) -> None:
    """Write a small dataset to list: the topics of Python's own help, with metadata and licence."""
    if folder.exists():
        typer.echo(f"FOLDER_TAKEN: {folder} is there already", err=True)
        raise typer.Exit(DIFFERS)
    (made,) = islice(installation_submissions(), 1)
    metadata = json.loads(made.croissant) | {"name": name}
    files = {**made.files, **({} if unlicensed else made.evidence)}
    if unlicensed:
        del metadata["rai:dataLicenseEvidence"]
        metadata["distribution"] = [each for each in metadata["distribution"] if each["@id"] in files]
    folder.mkdir(parents=True)
    for path, content in files.items():
        (folder / path).write_bytes(content)
    (folder / "croissant.json").write_text(json.dumps(metadata, ensure_ascii=False, indent=1))
    typer.echo(f"{folder} holds {name}: {', '.join(sorted(path.name for path in folder.iterdir()))}")


def _progress(commands: int) -> None:
    typer.echo(f"\r{commands:,} commands", nl=False, err=True)
