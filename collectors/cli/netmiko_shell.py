"""Sessions over netmiko (SSH). The only file that imports it.

netmiko's own login reads until two seconds of silence; here the prompt decides, so a login costs the key exchange.
"""

from __future__ import annotations

import logging
import re
import socket
import time
from pathlib import Path
from typing import Any

from netmiko import ConnectHandler, NetmikoAuthenticationException, NetmikoTimeoutException
from netmiko.exceptions import NetmikoBaseException, ReadTimeout
from paramiko import SSHException  # type: ignore[import-untyped]  # no stubs; netmiko depends on it

from collectors.cli.sessions import Dialect
from domain.errors import CollectionError, DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError
from domain.olt import CliAccess

_KEEPALIVE_S = 30  # C: below the idle time of firewalls; ISAM sessions time out after 30 min
_SHORTEST_S = 0.1
_COLUMNS, _LINES = 511, 1000  # size of the terminal asked for: no line is cut, nothing is paged


class NetmikoShell:
    """One open session. See `collectors.cli.sessions.Shell`."""

    def __init__(self, connection: Any, access: CliAccess, dialect: Dialect) -> None:
        self._connection = connection
        self._host = access.host
        self._prompt = dialect.prompt

    def send(self, command: str, timeout_s: float) -> str:
        """See `Shell.send`. Whatever was printed before the command (alarms) is dropped."""
        try:
            self._connection.read_channel()
            self._connection.write_channel(f"{command}\n")
            return self.until_prompt(timeout_s)
        except ReadTimeout as error:
            raise DeviceTimeoutError(self._host, "no prompt after the command") from error
        except (OSError, EOFError, SSHException, NetmikoBaseException, AttributeError, ValueError) as error:
            raise DeviceUnreachableError(self._host, f"session lost: {type(error).__name__}") from error

    def until_prompt(self, timeout_s: float) -> str:
        """Everything up to the prompt; netmiko's exceptions come through."""
        timeout_s = max(timeout_s, _SHORTEST_S)  # 0 would mean for ever
        return str(self._connection.read_until_pattern(self._prompt, read_timeout=timeout_s, re_flags=re.MULTILINE))

    def close(self) -> None:
        """Log out and close. A session that is lost already is as closed as it gets."""
        try:
            self._connection.disconnect()
        except (OSError, EOFError, SSHException, NetmikoBaseException, AttributeError):
            self._connection.paramiko_cleanup()


def open_shell(access: CliAccess, dialect: Dialect, known_hosts: Path | None, timeout_s: float) -> NetmikoShell:
    """Log in and prepare the session within ``timeout_s``; raises `CollectionError`."""
    # At level DEBUG netmiko logs everything that is read, passwords of ONTs included.
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
    except (OSError, EOFError, SSHException, NetmikoBaseException, ValueError) as error:
        raise DeviceUnreachableError(access.host, type(error).__name__) from error
    shell = NetmikoShell(connection, access, dialect)
    try:
        shell.until_prompt(deadline - time.monotonic())
        for command in dialect.prepare:
            shell.send(command, deadline - time.monotonic())
    except ReadTimeout as error:
        shell.close()
        raise DeviceTimeoutError(access.host, "no prompt after login") from error
    except CollectionError:
        shell.close()
        raise
    except (OSError, EOFError, SSHException, NetmikoBaseException, AttributeError) as error:
        shell.close()
        raise DeviceUnreachableError(access.host, type(error).__name__) from error
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
