"""Persistent CLI sessions, one an OLT: commands of one OLT queue, those of different OLTs do not wait for each other.

A session that is lost is opened again at the next command, once; a login that fails is remembered for a while, so that
a dead CLI costs a diagnosis nothing. Host keys: without ``known_hosts`` any key is accepted (management network;
netmiko's default); with it, unknown and changed keys are refused: production gives one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from collectors.cli.threads import LateError, Threads
from domain.errors import CollectionError, DeviceTimeoutError, DeviceUnreachableError
from domain.olt import CliAccess

_log = structlog.get_logger(__name__)

_FIRST_PAUSE_S = 5.0  # C: after a failed login, doubled at each further failure
_LONGEST_PAUSE_S = 120.0  # C
_MARGIN_S = 0.05  # C: before a deadline, within which no command that acts is typed any more
_IN_A_ROW = 4  # C: commands of a walk before others have their turn
_LEAVE_S = 1.0  # C: for leaving a view, beyond the time of what was done there
_DOUBLINGS = 8  # more than it takes to get from the first pause to the longest


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a vendor's CLI is spoken to.

    Attributes:
        device_type: netmiko's name of it.
        prompt: Regular expression of the prompt, at the end of an answer (``^`` is the start of a line); no group that
            captures, no flag inside.
        prepare: Commands sent once after login.
        questions: What the device may ask instead of giving its prompt, as a regular expression at the end of what it
            has printed, and what is typed then.
        leave: What is typed to log out, without waiting for answers; empty for netmiko's own way.
    """

    device_type: str
    prompt: str
    prepare: tuple[str, ...] = ()
    questions: tuple[tuple[str, str], ...] = ()
    leave: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A command that changes something, or leads to one.

    Attributes:
        prompt: Regular expression of the prompt that must follow: where another one does, nothing more is typed.
    """

    command: str
    prompt: str = ""


@dataclass(slots=True)
class Script:
    """Commands that are typed once, whatever happens.

    Attributes:
        leave: What brings the session back where it was, typed in any case.
        begun: Whether the last step, which acts, may have reached the device.
    """

    steps: tuple[Step, ...]
    leave: tuple[str, ...] = ()
    begun: bool = False


class Shell(Protocol):
    """An open session. Its methods block, within the timeouts given."""

    def send(self, command: str, timeout_s: float) -> str:
        """What the device printed after ``command``, prompt included; raises `CollectionError`."""
        ...

    def close(self) -> None:
        """Log out and close, whatever the state."""
        ...


Opener = Callable[[CliAccess, Dialect, "Path | None", float], Shell]
"""Opens a session within a time in seconds; raises `CollectionError`."""


@dataclass(slots=True)
class _Line:
    """The session of one OLT, its queue and its failures; one that is ``gone`` is never opened again."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    shell: Shell | None = None
    gone: bool = False
    failures: int = 0
    retry_at: float = 0.0
    error: CollectionError | None = None


class CliSessions:
    """The sessions of every OLT."""

    def __init__(self, opener: Opener, known_hosts: Path | None = None, threads: Threads | None = None) -> None:
        self._opener = opener
        self._known_hosts = known_hosts
        self._threads = threads or Threads()
        self._lines: dict[CliAccess, _Line] = {}
        self._running: set[asyncio.Task[list[str]]] = set()

    async def send(self, access: CliAccess, dialect: Dialect, command: str, timeout_s: float) -> str:
        """The answer to ``command``; an empty command only opens the session. Raises `CollectionError`."""
        answers = await self.run(access, dialect, (command,) if command else (), timeout_s)
        return answers[0] if answers else ""

    async def run(self, access: CliAccess, dialect: Dialect, commands: Sequence[str], timeout_s: float) -> list[str]:
        """The answers to ``commands``, between which no other command of this OLT comes. Raises `CollectionError`.

        A session that is lost on the way is opened again and the commands are sent from the first: they must leave
        the session as they found it, and do no harm twice. Past ``timeout_s`` the caller goes on with
        `DeviceTimeoutError`, while the thread ends by itself, holding the session until then.
        """
        line = self._line(access)
        deadline = asyncio.get_running_loop().time() + timeout_s
        return await self._within(access, self._exchange(line, access, dialect, commands, deadline), timeout_s)

    async def series(
        self, access: CliAccess, dialect: Dialect, commands: Sequence[str], timeout_s: float
    ) -> tuple[list[str], CollectionError | None]:
        """The answers to commands of a walk, as far as they came, and why there are no more.

        Other commands of this OLT come in between: whoever waits before a screen does not wait for a whole walk.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        answers: list[str] = []
        for start in range(0, len(commands), _IN_A_ROW):
            left_s = deadline - asyncio.get_running_loop().time()
            try:
                answers += await self.run(access, dialect, commands[start : start + _IN_A_ROW], left_s)
            except CollectionError as error:
                return answers, error
        return answers, None

    async def act(self, access: CliAccess, dialect: Dialect, script: Script, timeout_s: float) -> list[str]:
        """The answers to a script, each command typed once at most, in a session that was found alive.

        Fewer answers than steps: a prompt was not the expected one. Raises `CollectionError`; `Script.begun` tells
        whether the step that acts may have reached the device.
        """
        line = self._line(access)
        deadline = asyncio.get_running_loop().time() + timeout_s
        return await self._within(access, self._obeyed(line, access, dialect, script, deadline), timeout_s)

    def _line(self, access: CliAccess) -> _Line:
        """The session of an OLT; raises the last error while that is fresh."""
        line = self._lines.setdefault(access, _Line())
        if line.error is not None and asyncio.get_running_loop().time() < line.retry_at:
            raise type(line.error)(line.error.target, line.error.detail)
        return line

    async def _within(self, access: CliAccess, work: Coroutine[None, None, list[str]], timeout_s: float) -> list[str]:
        task = asyncio.create_task(work)
        self._follow(task)
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
        if not done:
            raise DeviceTimeoutError(access.host, "no answer on the CLI")
        return task.result()

    def forget(self, access: CliAccess) -> None:
        """End the session of an OLT that is reached so no more, behind the command that is under way."""
        line = self._lines.pop(access, None)
        if line is not None:
            line.gone = True
            self._follow(asyncio.create_task(self._left(line)))

    async def close(self) -> None:
        """End every session."""
        if self._running:
            await asyncio.wait(set(self._running))
        shells = [line.shell for line in self._lines.values() if line.shell is not None]
        self._lines.clear()
        await asyncio.gather(*(self._threads.run(shell.close) for shell in shells))
        await self._threads.close()

    async def _left(self, line: _Line) -> list[str]:
        async with line.lock:
            if line.shell is not None:
                shell, line.shell = line.shell, None
                await self._threads.run(shell.close)
        return []

    def _follow(self, task: asyncio.Task[list[str]]) -> None:
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[list[str]]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even where the caller has gone on

    async def _exchange(
        self, line: _Line, access: CliAccess, dialect: Dialect, commands: Sequence[str], deadline: float
    ) -> list[str]:
        loop = asyncio.get_running_loop()
        async with line.lock:
            for fresh in (line.shell is None, True):
                left_s = deadline - loop.time()
                if left_s <= 0:
                    raise DeviceTimeoutError(access.host, "other commands came first")
                if line.shell is None:
                    line.shell = await self._open(line, access, dialect, left_s)
                answers: list[str] = []
                try:
                    for command in commands:
                        send = partial(line.shell.send, command)
                        answers.append(await self._threads.within(access.host, send, deadline - loop.time()))
                except CollectionError as error:
                    late = isinstance(error, LateError)
                    if late and not answers:
                        raise  # the session was not touched
                    await self._threads.run(line.shell.close)
                    line.shell = None
                    if fresh or isinstance(error, DeviceTimeoutError):
                        if not late:
                            self._failed(line, error)
                        raise
                else:
                    return answers
        raise DeviceUnreachableError(access.host)  # not reached: the second turn is always fresh

    async def _obeyed(
        self, line: _Line, access: CliAccess, dialect: Dialect, script: Script, deadline: float
    ) -> list[str]:
        loop = asyncio.get_running_loop()
        # An empty line finds out whether the session is still alive: that may be tried again.
        await self._exchange(line, access, dialect, ("",), deadline)
        async with line.lock:
            shell = line.shell
            if shell is None or deadline <= loop.time():
                raise DeviceTimeoutError(access.host, "other commands came first")
            try:
                answers: list[str] = []
                for step in script.steps:
                    last = step is script.steps[-1]
                    obey = partial(_typed, access.host, shell, script, step.command, last=last)
                    answers.append(await self._threads.within(access.host, obey, deadline - loop.time()))
                    if step.prompt and re.search(step.prompt, answers[-1].rpartition("\n")[2]) is None:
                        break
                for command in script.leave:
                    leave_s = max(deadline - loop.time(), _LEAVE_S)
                    await self._threads.within(access.host, partial(shell.send, command), leave_s)
            except CollectionError:
                await self._threads.run(shell.close)
                line.shell = None
                if len(answers) < len(script.steps):
                    raise
            return answers

    async def _open(self, line: _Line, access: CliAccess, dialect: Dialect, left_s: float) -> Shell:
        if line.gone:
            raise DeviceUnreachableError(access.host, "it is reached otherwise now")
        try:
            opened = partial(self._opener, access, dialect, self._known_hosts)
            shell = await self._threads.within(access.host, opened, left_s)
        except LateError:
            raise
        except CollectionError as error:
            self._failed(line, error)
            raise
        if line.failures:
            _log.info("cli_session_back", host=access.host, after_failures=line.failures)
        line.failures, line.error = 0, None
        return shell

    def _failed(self, line: _Line, error: CollectionError) -> None:
        pause_s = min(_FIRST_PAUSE_S * 2 ** min(line.failures, _DOUBLINGS), _LONGEST_PAUSE_S)
        line.failures += 1
        line.error = error
        line.retry_at = asyncio.get_running_loop().time() + pause_s
        if line.failures == 1:
            _log.warning("cli_session_failed", host=error.target, error=type(error).__name__, why=error.detail)


def _typed(host: str, shell: Shell, script: Script, command: str, left_s: float, *, last: bool) -> str:
    """Type one step in its thread; `Script.begun` where it is the one that acts, and not a moment before."""
    if left_s <= _MARGIN_S:  # the caller goes on at the deadline: nothing begins then
        raise DeviceTimeoutError(host, "no time left")
    script.begun = last
    return shell.send(command, left_s)
