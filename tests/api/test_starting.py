"""What goes wrong before the service runs is told in a line, and a demo finds its ports."""

from __future__ import annotations

import json
import logging
import socket

import pytest

from api.__main__ import main
from api.demo.show import preferred
from api.logs import LibraryFormatter


@pytest.fixture
def taken() -> object:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_demo_takes_another_port_where_the_usual_one_is_taken(taken: int) -> None:
    assert preferred(taken) == 0


def test_a_demo_takes_the_usual_port_where_it_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert preferred(port) == port


def test_a_port_that_was_asked_for_and_is_taken_is_named_in_one_line(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--port", str(taken)]) == 1
    told = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{taken}" in told
    assert "Traceback" not in told


def test_what_a_library_logs_keeps_its_words_in_one_json_line() -> None:
    error = OSError("port\ntaken")
    cause = (OSError, error, None)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, 'bind on "%s" failed', ("x",), cause)
    line = LibraryFormatter().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["event"]) == ("error", "uvicorn.error", 'bind on "x" failed')
    assert "OSError" in told["exception"]
