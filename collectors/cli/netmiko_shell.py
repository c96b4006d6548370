"""Sessions over netmiko (SSH). The only file that imports it.

netmiko logs in, writes and logs out. Reading waits on the channel itself: netmiko polls it every 10 ms, reads a login
until two seconds of silence, and does not notice that the far end has closed before its timeout.
"""

from __future__ import annotations

import codecs
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netmiko import BaseConnection, ConnectHandler, NetmikoAuthenticationException, NetmikoTimeoutException
from netmiko.exceptions import NetmikoBaseException
from netmiko.no_enable import NoEnable
from paramiko import SSHException  # type: ignore[import-untyped]  # no stubs; netmiko depends on it

from collectors.cli.sessions import Dialect
from domain.errors import CollectionError, DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError
from domain.olt import CliAccess

_KEEPALIVE_S = 30  # C: below the idle time of firewalls
_SHORTEST_S = 0.05
_AGAIN_S = 0.5  # C: between two tries to break a login off
_COLUMNS, _LINES = 511, 1000  # size of the terminal asked for: no line is cut, nothing is paged
_CHUNK = 1 << 16
_LONGEST = 1 << 26  # C: characters of one answer: all ONTs of an OLT, 32,768 of them, take some 800 to 1,300 each
_PROMPT_WITHIN = 256  # characters from the end in which the prompt is looked for
_BROKEN = (OSError, EOFError, SSHException, NetmikoBaseException, AttributeError, ValueError)


class ZteZxanSSH(NoEnable, BaseConnection):
    """A ZTE ZXA10 (C300, C320, C600): netmiko knows ZTE's routers only."""

    def session_preparation(self) -> None:
        """Wait for the prompt and turn pages off."""
        self._test_channel_read(pattern=r"[>#]")
        self.set_base_prompt()
        self.disable_paging(command="terminal length 0")

    def cleanup(self, command: str = "exit") -> None:
        """Log out."""
        self.write_channel(command + self.RETURN)


OWN_TYPES = {"zte_zxan": ZteZxanSSH}
"""netmiko drivers of our own, by the name that a `Dialect` calls them."""


class _Heard:
    """What a device has printed, piece by piece: an answer of megabytes costs no more than its length.

    Attributes:
        end: The last characters, in which the prompt and questions are looked for.
        answered: Where in ``end`` the last question ended.
        size: Characters heard.
    """

    def __init__(self) -> None:
        self.end, self.answered, self.size = "", 0, 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._parts: list[str] = []
        self._half = ""  # of an end of line that is not whole yet

    @property
    def text(self) -> str:
        """All of it, with the ends of line of Python."""
        return "".join(self._parts) + self._half

    def add(self, data: bytes) -> None:
        """Take what came."""
        new = (self._half + self._decode(data)).replace("\r\n", "\n")
        end = self.end.removesuffix(self._half) if self._half else self.end
        self._half = "\r" if new.endswith("\r") else ""
        self._parts.append(new.removesuffix(self._half) if self._half else new)
        self.size += len(new)
        whole = end + new
        self.end = whole[-_PROMPT_WITHIN:]
        self.answered = max(0, self.answered - (len(whole) - len(self.end)))


class NetmikoShell:
    """One open session. See `collectors.cli.sessions.Shell`."""

    def __init__(self, connection: Any, access: CliAccess, dialect: Dialect) -> None:
        self._connection = connection
        self._channel = connection.remote_conn
        self._host = access.host
        self._prompt = re.compile(dialect.prompt, re.MULTILINE)
        self._questions = [(re.compile(pattern), typed) for pattern, typed in dialect.questions]
        self._leave = dialect.leave

    def send(self, command: str, timeout_s: float) -> str:
        """See `Shell.send`. Whatever was printed before the command (alarms) is dropped."""
        try:
            while self._channel.recv_ready() and self._channel.recv(_CHUNK):
                pass
        except _BROKEN as error:
            raise DeviceUnreachableError(self._host, f"session lost: {type(error).__name__}") from error
        self._type(f"{command}\n")
        return self.until_prompt(timeout_s)

    def until_prompt(self, timeout_s: float) -> str:
        """Everything up to the prompt, with the ends of line of Python; raises `CollectionError`."""
        deadline = time.monotonic() + timeout_s
        heard = _Heard()
        while self._prompt.search(heard.end) is None:
            heard.add(self._receive(max(deadline - time.monotonic(), _SHORTEST_S)))
            self._answer(heard)
            if time.monotonic() > deadline:
                raise DeviceTimeoutError(self._host, "no prompt in time")
            if heard.size > _LONGEST:
                raise DeviceProtocolError(self._host, "an answer without end")
        return heard.text

    def close(self) -> None:
        """Log out and close. A session that is lost already is as closed as it gets."""
        try:
            if not self._leave:
                self._connection.disconnect()
                return
            for command in self._leave:
                self._connection.write_channel(f"{command}\n")
            self._connection.paramiko_cleanup()
        except _BROKEN:
            self._connection.paramiko_cleanup()

    def _type(self, keys: str) -> None:
        try:
            self._connection.write_channel(keys)
        except _BROKEN as error:
            raise DeviceUnreachableError(self._host, f"session lost: {type(error).__name__}") from error

    def _answer(self, heard: _Heard) -> None:
        """Type what a question at the end of what was heard waits for, once."""
        for question, typed in self._questions:
            if question.search(heard.end, heard.answered):
                self._type(typed)
                heard.answered = len(heard.end)
                return

    def _receive(self, timeout_s: float) -> bytes:
        try:
            self._channel.settimeout(timeout_s)
            data = bytes(self._channel.recv(_CHUNK))
        except TimeoutError as error:
            raise DeviceTimeoutError(self._host, "no prompt in time") from error
        except _BROKEN as error:
            raise DeviceUnreachableError(self._host, f"session lost: {type(error).__name__}") from error
        if not data:
            raise DeviceUnreachableError(self._host, "session closed by the device")
        return data


def open_shell(access: CliAccess, dialect: Dialect, known_hosts: Path | None, timeout_s: float) -> NetmikoShell:
    """Log in and prepare the session within ``timeout_s``; raises `CollectionError`."""
    # At level DEBUG netmiko logs what is written and read, secrets included.
    logging.getLogger("netmiko").setLevel(logging.WARNING)
    # paramiko reports each refused connection with a traceback, from its own thread: here it is one of our errors.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    deadline = time.monotonic() + timeout_s
    try:
        make = OWN_TYPES.get(dialect.device_type, ConnectHandler)
        connection = make(auto_connect=False, **_arguments(access, dialect, known_hosts, timeout_s))
        with _cut_off(connection, timeout_s):
            connection.establish_connection(width=_COLUMNS, height=_LINES)
    except NetmikoAuthenticationException as error:
        if time.monotonic() >= deadline:
            raise DeviceTimeoutError(access.host, "no SSH session in time") from error
        raise DeviceProtocolError(access.host, "login refused") from error
    except NetmikoTimeoutException as error:
        raise _unreached(access, error) from error
    except _BROKEN as error:
        if time.monotonic() >= deadline:
            raise DeviceTimeoutError(access.host, "no SSH session in time") from error
        raise DeviceUnreachableError(access.host, type(error).__name__) from error
    shell = NetmikoShell(connection, access, dialect)
    try:
        shell.until_prompt(deadline - time.monotonic())
        for command in dialect.prepare:
            shell.send(command, deadline - time.monotonic())
    except CollectionError:
        shell.close()
        raise
    return shell


@contextmanager
def _cut_off(connection: Any, timeout_s: float) -> Iterator[None]:
    """Break a login off at the end of its time, whatever step it is at.

    The libraries bound some of its steps, each by as much as we give the whole, and others not at all: a device that
    takes the password and then opens no channel would hold a thread for an hour.
    """
    done = threading.Event()

    def watch() -> None:
        wait_s = timeout_s
        while not done.wait(wait_s):
            client = getattr(connection, "remote_conn_pre", None)
            if client is not None:
                client.close()
            wait_s = _AGAIN_S  # it may just have been connecting

    watcher = threading.Thread(target=watch, name="cli-login", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _arguments(access: CliAccess, dialect: Dialect, known_hosts: Path | None, timeout_s: float) -> dict[str, Any]:
    return {
        "device_type": dialect.device_type,
        "host": access.host,
        "port": access.port,
        "username": access.username,
        "password": access.password.reveal(),
        "conn_timeout": timeout_s,
        "auth_timeout": timeout_s,
        "banner_timeout": timeout_s,
        "blocking_timeout": timeout_s,
        "session_timeout": timeout_s,
        "keepalive": _KEEPALIVE_S,
        "use_keys": False,
        "allow_agent": False,
        "ssh_strict": known_hosts is not None,
        "alt_host_keys": known_hosts is not None,
        "alt_key_file": str(known_hosts) if known_hosts is not None else "",
    }


def _unreached(access: CliAccess, error: BaseException) -> CollectionError:
    """The library says "timeout" of a refused connection too: look at what was behind it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError):
            return DeviceTimeoutError(access.host, "no SSH session in time")
        if isinstance(cause, (ConnectionError, socket.gaierror)) or "Unable to connect" in str(cause):
            return DeviceUnreachableError(access.host, "connection refused")
        cause = cause.__cause__ or cause.__context__
    return DeviceTimeoutError(access.host, "no SSH session in time")
