"""The server as a process: how it starts, ends, and refuses to start."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from api.server import FAILED, NOT_STARTED, STOPPED, serve_exchange
from api.settings import ApiSettings
from exchange.runtime import Exchange, Settings

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def started(folder, port):
    settings = {"TLX_DATA_FOLDER": str(folder), "TLX_API_PORT": str(port)}
    command = [sys.executable, "-m", "api.server"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=subprocess.PIPE, text=True)


def health(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health").json()
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the server did not answer")


def ended(server):
    """Exit status and lines of stderr that are no log."""
    lines = server.communicate(timeout=30)[1].splitlines()
    return server.returncode, [line for line in lines if "[info" not in line]


@pytest.fixture
def running(tmp_path):
    port = free_port()
    server = started(tmp_path, port)
    yield server, port
    if server.poll() is None:
        server.kill()
    server.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_it_starts_again_where_it_was(tmp_path, running, number):
    server, port = running
    before = health(port)
    server.send_signal(number)
    assert ended(server) == (STOPPED, [])
    again = started(tmp_path, port)
    try:
        told = health(port)
        assert told["status"] == "ok" and told["sequence"] >= before["sequence"] > 0
    finally:
        again.terminate()
        assert ended(again)[0] == STOPPED


def test_a_folder_or_a_port_in_use_is_refused_in_one_line(tmp_path, running):
    server, port = running
    health(port)
    second = [started(tmp_path, free_port()), started(tmp_path / "other", port)]
    (status, lines), (other_status, other_lines) = (ended(each) for each in second)
    assert status == other_status == NOT_STARTED
    (line,), (other_line,) = lines, other_lines
    assert line.startswith("FOLDER_IN_USE") and str(server.pid) in line
    assert other_line.startswith("ADDRESS_UNUSABLE")


def test_damage_in_the_journal_is_refused_in_one_line(tmp_path, running):
    server, port = running
    health(port)
    server.terminate()
    assert ended(server)[0] == STOPPED
    segment = min((tmp_path / "journal").iterdir())
    content = bytearray(segment.read_bytes())
    content[600] ^= 1
    segment.write_bytes(content)
    status, lines = ended(started(tmp_path, port))
    assert status == NOT_STARTED, lines
    (line,) = lines
    assert "Traceback" not in line and line.partition(":")[0].isupper()


def test_an_exchange_that_fails_ends_the_server_with_a_status_of_its_own(tmp_path):
    exchange = Exchange.open(Settings(data_folder=tmp_path / "data"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def fail():
            health(port)
            exchange.fail(ArithmeticError("made up"))

        failing = threading.Thread(target=fail)
        failing.start()
        assert asyncio.run(serve_exchange(exchange, ApiSettings(), listening)) == FAILED
        failing.join()
