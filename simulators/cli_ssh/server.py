"""The SSH server of the OLT's CLI."""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

import asyncssh
import structlog

from domain.secret import Secret
from simulators.cli_ssh.huawei import HuaweiShell
from simulators.cli_ssh.orders import order
from simulators.cli_ssh.shell import IsamShell
from simulators.cli_ssh.terminal import Shell, TerminalSession
from simulators.cli_ssh.zte import ZteShell
from simulators.plant.ports import PlantView
from simulators.plant.state import EventKind, PlantEvent

_log = structlog.get_logger(__name__)

_LOGIN_TIMEOUT_S = 20.0  # C: an unfinished login is dropped after it
_ACCEPT_PAUSE_S = 0.1  # C: pause when no more connection can be taken (out of file descriptors)
_HELD_SOCKETS = 64  # C: connections kept unanswered while the OLT is unreachable; the oldest go first


class _Login(asyncssh.SSHServer):
    """Password authentication of one user."""

    def __init__(self, username: str, password: Secret, session: Callable[[], TerminalSession]) -> None:
        self._username = username
        self._password = password
        self._session = session

    def begin_auth(self, username: str) -> bool:
        """Every user must authenticate."""
        return True

    def password_auth_supported(self) -> bool:
        """The ISAM takes passwords only."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Whether this is the user and its password, compared in constant time."""
        given = hmac.compare_digest(password.encode(), self._password.reveal().encode())
        return given and hmac.compare_digest(username.encode(), self._username.encode())

    def session_requested(self) -> TerminalSession:
        """A new session of the CLI."""
        return self._session()


@dataclass(frozen=True, slots=True)
class Habits:
    """What a CLI does that gets in the way of who reads it.

    Attributes:
        alarms: Print an alarm in the middle of each table, as some do whatever they are told.
        page_lines: Lines of a page, until the session says otherwise; 0 for no pages.
        state_layout: Columns of ZTE's table of states: ``channel``, ``o7`` or ``speed``.
    """

    alarms: bool = False
    page_lines: int = 24
    state_layout: str = "channel"


_SSH_VERSION = {"nokia_isam": "ISAM", "huawei_smartax": "HUAWEI-1.5", "zte_zxan": "ZTE_SSH.2.0"}


class OltCli:
    """The CLI of the plant's OLT on a real SSH server: ``async with OltCli(...) as cli`` then connect to ``cli.port``.

    It speaks as the OLT's vendor does; FiberHome's is not there, and opening it raises `ValueError`.

    The host key is made in memory at start. While the OLT is unreachable, open sessions are cut and new connections
    get no answer at all: the client's own timeout decides, as across a dead management network.
    """

    def __init__(
        self,
        plant: PlantView,
        host: str,
        port: int,
        username: str,
        password: str | Secret,
        habits: Habits | None = None,
    ) -> None:
        self._plant = plant
        self._habits = habits or Habits()
        self._host = host
        self._port = port
        self._username = username
        self._password = password if isinstance(password, Secret) else Secret(password)
        self._socket: socket.socket | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._held: deque[socket.socket] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._warned = False
        self._accepting: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def port(self) -> int:
        """The TCP port in use."""
        return self._port

    async def __aenter__(self) -> Self:
        """Open the port."""
        vendor = self._plant.state.olt.vendor
        version = _SSH_VERSION.get(vendor)
        if version is None:
            raise ValueError(f"no command line for {vendor}")
        options = asyncssh.SSHServerConnectionOptions(
            server_factory=lambda: _Login(self._username, self._password, self._session),
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            line_editor=False,
            login_timeout=_LOGIN_TIMEOUT_S,
            server_version=version,
            agent_forwarding=False,
            gss_host=None,
        )
        listening = socket.create_server((self._host, self._port), backlog=64)
        listening.setblocking(False)
        self._socket = listening
        self._port = listening.getsockname()[1]
        self._unsubscribe = self._plant.subscribe(self._on_event)
        self._accepting = asyncio.create_task(self._accept(listening, options))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port and every session."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
        await self._cut_sessions()
        tasks = [*self._tasks]  # what is left: logins under way
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._release_held()
        if self._socket is not None:
            self._socket.close()

    async def _accept(self, listening: socket.socket, options: asyncssh.SSHServerConnectionOptions) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listening)
            except OSError as error:
                if not self._warned:
                    self._warned = True
                    _log.warning("cli_accept_failed", error=str(error))
                await asyncio.sleep(_ACCEPT_PAUSE_S)
                continue
            if self._plant.state.olt.reachable:
                task = asyncio.create_task(self._serve(client, options))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._hold(client)

    def _hold(self, client: socket.socket) -> None:
        self._held.append(client)
        if len(self._held) > _HELD_SOCKETS:
            self._held.popleft().close()

    def _release_held(self) -> None:
        while self._held:
            self._held.pop().close()

    async def _serve(self, client: socket.socket, options: asyncssh.SSHServerConnectionOptions) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection = await asyncssh.run_server(client, options=options)
        except (OSError, asyncssh.Error, TimeoutError) as error:
            _log.debug("cli_login_failed", error=type(error).__name__)
            client.close()
            return
        self._connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            self._connections.discard(connection)

    def _session(self) -> TerminalSession:
        state = self._plant.state
        return TerminalSession(self._shell(), lambda: state.olt.reachable)

    def _shell(self) -> Shell:
        state, habits = self._plant.state, self._habits
        if state.olt.vendor == "huawei_smartax":
            return HuaweiShell(self._plant, habits.page_lines, alarms=habits.alarms)
        if state.olt.vendor == "zte_zxan":
            return ZteShell(self._plant, habits.page_lines, habits.state_layout, alarms=habits.alarms)
        return IsamShell(state, self._username, partial(order, self._plant))

    def _on_event(self, event: PlantEvent) -> None:
        if event.kind is EventKind.OLT_UNREACHABLE:
            task = asyncio.create_task(self._cut_sessions())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif event.kind is EventKind.OLT_REACHABLE:
            self._release_held()

    async def _cut_sessions(self) -> None:
        connections = [*self._connections]
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.wait_closed()


IsamCli = OltCli  # the name that its callers of the ISAM know
