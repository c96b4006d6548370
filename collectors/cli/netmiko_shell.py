"""Sessions over netmiko (SSH). The only file that imports it.

netmiko logs in, writes and logs out. Reading waits on the channel itself: netmiko polls it every 10 ms, reads a login
until two seconds of silence, and does not notice that the far end has closed before its timeout.
"""

from __future__ import annotations

import codecs
import logging
import re
import socket
import time
from pathlib import Path
from typing import Any

from netmiko import ConnectHandler, NetmikoAuthenticationException, NetmikoTimeoutException
from netmiko.exceptions import NetmikoBaseException
from paramiko import SSHException  # type: ignore[import-untyped]  # no stubs; netmiko depends on it

from collectors.cli.sessions import Dialect
from domain.errors import CollectionError, DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError
from domain.olt import CliAccess

_KEEPALIVE_S = 30  # C: below the idle time of firewalls
_SHORTEST_S = 0.05
_COLUMNS, _LINES = 511, 1000  # size of the terminal asked for: no line is cut, nothing is paged
_CHUNK = 1 << 16
_LONGEST = 1 << 20  # C: characters of one answer
_PROMPT_WITHIN = 256  # characters from the end in which the prompt is looked for
_BROKEN = (OSError, EOFError, SSHException, NetmikoBaseException, AttributeError, ValueError)


class NetmikoShell:
    """One open session. See `collectors.cli.sessions.Shell`."""

    def __init__(self, connection: Any, access: CliAccess, dialect: Dialect) -> None:
        self._connection = connection
        self._channel = connection.remote_conn
        self._host = access.host
        self._prompt = re.compile(dialect.prompt, re.MULTILINE)

    def send(self, command: str, timeout_s: float) -> str:
        """See `Shell.send`. Whatever was printed before the command (alarms) is dropped."""
        try:
            while self._channel.recv_ready() and self._channel.recv(_CHUNK):
                pass
            self._connection.write_channel(f"{command}\n")
        except _BROKEN as error:
            raise DeviceUnreachableError(self._host, f"session lost: {type(error).__name__}") from error
        return self.until_prompt(timeout_s)

    def until_prompt(self, timeout_s: float) -> str:
        """Everything up to the prompt, with the ends of line of Python; raises `CollectionError`."""
        deadline = time.monotonic() + timeout_s
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        text = ""
        while self._prompt.search(text[-_PROMPT_WITHIN:]) is None:
            data = self._receive(max(deadline - time.monotonic(), _SHORTEST_S))
            text = (text + decode(data)).replace("\r\n", "\n")
            if time.monotonic() > deadline:
                raise DeviceTimeoutError(self._host, "no prompt in time")
            if len(text) > _LONGEST:
                raise DeviceProtocolError(self._host, "an answer without end")
        return text

    def close(self) -> None:
        """Log out and close. A session that is lost already is as closed as it gets."""
        try:
            self._connection.disconnect()
        except _BROKEN:
            self._connection.paramiko_cleanup()

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
        connection = ConnectHandler(auto_connect=False, **_arguments(access, dialect, known_hosts, timeout_s))
        connection.establish_connection(width=_COLUMNS, height=_LINES)
    except NetmikoAuthenticationException as error:
        raise DeviceProtocolError(access.host, "login refused") from error
    except NetmikoTimeoutException as error:
        raise _unreached(access, error) from error
    except _BROKEN as error:
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
