"""One interactive session: echo, line editing, and the shell's answers.

Echo and answer leave in one write. asyncssh's own line editor echoes each character in its own packet, which costs a
client 40 packets to read for a command of 40 characters; a real OLT echoes what one packet brought together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import asyncssh

from simulators.cli_ssh.pager import Pager, Paging
from simulators.cli_ssh.reply import Reply

_MAX_LINE = 2048  # C: characters of a command line; what follows is not taken
_INTERRUPT = "\x03"
_END_OF_FILE = "\x04"
_CONTROLS = frozenset(f"\b\x7f{_INTERRUPT}{_END_OF_FILE}")


class Shell(Protocol):
    """What one session answers.

    Attributes:
        banner: What greets, with the terminal's ends of line.
        gap: What stands between the prompt and what is typed.
    """

    banner: str
    gap: str

    @property
    def prompt(self) -> str:
        """The prompt that follows each answer."""
        ...

    @property
    def paging(self) -> Paging | None:
        """How long answers stop; ``None`` when they do not."""
        ...

    def execute(self, line: str) -> Reply:
        """Run one line."""
        ...


class LineEditor:
    """Turns typed characters into lines, and says what the terminal shows meanwhile."""

    def __init__(self) -> None:
        self._line: list[str] = []
        self._after_cr = False

    def type(self, char: str) -> tuple[str, str | None]:
        """Take one character: what to echo, and the line that it completes, if any."""
        repeated = char == "\n" and self._after_cr  # second half of CR LF
        self._after_cr = char == "\r"
        if repeated:
            return "", None
        if char in "\r\n":
            return "\r\n", self._take()
        if char in _CONTROLS:
            return self._control(char)
        if not char.isprintable() or len(self._line) >= _MAX_LINE:
            return "", None
        self._line.append(char)
        return char, None

    def _control(self, char: str) -> tuple[str, str | None]:
        if char == _INTERRUPT:
            self._take()
            return "\r\n", ""
        if char == _END_OF_FILE:
            return "", None if self._line else "logout"
        return ("\b \b" if self._line and self._line.pop() else ""), None

    def _take(self) -> str:
        line = "".join(self._line)
        self._line.clear()
        return line


class TerminalSession(asyncssh.SSHServerSession[str]):
    """The CLI on one SSH channel."""

    def __init__(self, shell: Shell, reachable: Callable[[], bool]) -> None:
        self._shell = shell
        self._reachable = reachable
        self._pager: Pager | None = None
        self._editor = LineEditor()
        self._channel: asyncssh.SSHServerChannel[str] | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[str]) -> None:
        """Keep the channel."""
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: object, term_modes: object) -> bool:
        """A terminal is what this CLI is for."""
        return True

    def shell_requested(self) -> bool:
        """Only interactive sessions are served."""
        return True

    def session_started(self) -> None:
        """Greet."""
        self._write(f"{self._shell.banner}{self._prompt()}")

    def data_received(self, data: str, datatype: asyncssh.DataType) -> None:
        """Take what was typed and answer the lines that it completes."""
        output: list[str] = []
        closed = False
        for char in data:
            if self._pager is not None:
                output.append(self._turn(char))
                continue
            echo, line = self._editor.type(char)
            output.append(echo)
            if line is None:
                continue
            reply = self._shell.execute(line)
            output.append(self._answer(reply))
            if reply.closed:
                closed = True
                break
        if self._reachable():
            self._write("".join(output))
        if closed:
            self._close()

    def _prompt(self) -> str:
        return self._shell.prompt + self._shell.gap

    def _answer(self, reply: Reply) -> str:
        """What an answer shows: all of it and the prompt, or as much as stops at the first page."""
        if reply.closed or reply.asks:
            return reply.text.replace("\n", "\r\n")
        text = f"{reply.text}\n" if reply.text else ""
        paging = self._shell.paging
        if paging is None or text.count("\n") <= paging.lines:
            return text.replace("\n", "\r\n") + self._prompt()
        self._pager = Pager(text.split("\n")[:-1], paging)
        return self._pager.page()

    def _turn(self, key: str) -> str:
        """What a key shows while an answer stands at the end of a page."""
        assert self._pager is not None  # noqa: S101 - for the type checker
        shown = self._pager.press(key)
        if not self._pager.done:
            return shown
        self._pager = None
        return shown + self._prompt()

    def eof_received(self) -> bool:
        """The client has nothing more to say."""
        self._close()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """A session is all that a connection is for: end both together."""
        if self._channel is not None:
            self._channel.get_connection().close()

    def _write(self, text: str) -> None:
        if text and self._channel is not None and not self._channel.is_closing():
            self._channel.write(text)

    def _close(self) -> None:
        if self._channel is not None and not self._channel.is_closing():
            self._channel.exit(0)
