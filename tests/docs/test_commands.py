"""Every `tlx` line of the documentation is one that the command line understands."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from api.cli.main import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def lines():
    for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words[:1] == ["tlx"]:
                    yield pytest.param(words[1:], id=f"{page.stem}: {line.strip()}"[:90])


@pytest.mark.parametrize("words", list(lines()))
def test_a_line_is_understood(words):
    command, name = typer.main.get_command(app), "tlx"
    while hasattr(command, "resolve_command"):
        context = command.make_context(name, list(words), resilient_parsing=True)
        name, command, words = command.resolve_command(context, list(words))
    command.make_context(name, list(words))
