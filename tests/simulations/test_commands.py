import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from simulations.commands import replay, sample, scenario

RECORDING = "1,0,SEED,7,S,100,5000,\n2,0,IOC,8,B,40,5000,7:40@5000\n3,0,CANCEL,7,S,60,5000,\n"


@pytest.fixture
def run():
    def call(command, *arguments):
        app = typer.Typer(add_completion=False)
        app.command()(command)
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


def recorded(folder, text):
    path = Path(folder / "recording.csv")
    path.write_text(text)
    return path


def test_a_recording_whose_fills_agree_is_reported(run, tmp_path):
    result = run(replay, recorded(tmp_path, RECORDING))
    assert result.exit_code == 0, result.output
    assert "1 of 1 aggressors got exactly the stated fills" in result.stdout
    assert "state hash" in result.stdout


def test_the_first_fill_that_differs_is_shown_with_exit_status_1(run, tmp_path):
    result = run(replay, recorded(tmp_path, RECORDING.replace("7:40@5000", "7:41@5000")))
    assert result.exit_code == 1
    assert "first difference: line 2 (IOC 8) was to trade 7:41@5000, but traded 7:40@5000" in result.stdout


@pytest.mark.parametrize("text", ["nonsense\n", "1,0,SEED,7,S,-1,5000,\n", "\x00"])
def test_what_is_no_recording_is_refused(run, tmp_path, text):
    result = run(replay, recorded(tmp_path, text))
    assert result.exit_code == 1
    assert result.stderr.startswith("BAD_RECORDING: ")


def test_a_recording_that_is_not_there_is_refused(run, tmp_path):
    assert run(replay, tmp_path / "none.csv.xz").stderr.startswith("BAD_RECORDING: ")


def test_a_sample_is_written_once_and_may_lack_its_licence(run, tmp_path):
    folder = tmp_path / "sample"
    assert run(sample, folder, "--unlicensed", "--name", "bare").exit_code == 0
    metadata = json.loads((folder / "croissant.json").read_text())
    assert metadata["name"] == "bare"
    assert not (folder / "LICENSE").exists()
    assert [each["@id"] for each in metadata["distribution"]] == ["documents.jsonl"]
    assert run(sample, folder).stderr.startswith("FOLDER_TAKEN: ")


SCENARIO = "scenario: one\naccount ann\nann sell 5 @ 100\nbook\n    ask {lots} @ 100\n"


@pytest.mark.parametrize(("lots", "status", "told"), [(5, 0, "1 of 1 scenarios"), (4, 1, "happened  ask 5 @ 100")])
def test_a_scenario_is_played_and_a_difference_shown(run, tmp_path, lots, status, told):
    path = tmp_path / "one.scenario"
    path.write_text(SCENARIO.format(lots=lots))
    result = run(scenario, path)
    assert result.exit_code == status
    assert told in result.stdout


def test_what_is_no_scenario_or_no_file_is_refused_in_one_line(run, tmp_path):
    path = tmp_path / "one.scenario"
    path.write_text("nonsense\n")
    for wanted in (path, tmp_path / "none.scenario"):
        result = run(scenario, wanted)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert result.stderr.startswith("BAD_SCENARIO: ")
