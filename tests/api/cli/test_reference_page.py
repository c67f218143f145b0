from pathlib import Path

from api.cli.main import PLACES
from api.cli.reference_page import commands, page

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def test_the_page_is_what_the_commands_say():
    written = REFERENCE.read_text(encoding="utf-8")
    assert written == page(), "run python -m api.cli.reference_page docs/reference/cli.md"


def test_every_command_and_every_one_below_it_says_what_it_does():
    told = dict(commands())
    assert {name.split()[1] for name in told} == {*PLACES, "replay", "sample", "scenario"}
    assert "tlx operator participants add" in told
    assert all(command.help for command in told.values())
