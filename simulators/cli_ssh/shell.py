"""What one CLI session answers: a line in, a text out. No I/O here.

The prompt is ``typ:<user>>#``; a command that opens a node (``environment …``) leaves the session in it
(``typ:<user>>environment#``) until ``exit``. Errors are the ISAM's: ``invalid token`` under a caret,
``Error : instance does not exist``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from domain.identifiers import OntName, PonName
from simulators.cli_ssh import fields, layout
from simulators.cli_ssh.orders import isam
from simulators.cli_ssh.pager import Paging
from simulators.cli_ssh.reply import Reply
from simulators.plant.orders import Order
from simulators.plant.state import OntState, PlantState

_NO_INSTANCE = "Error : instance does not exist"
_INCOMPLETE = "Error : incomplete command"
_FORMATS = frozenset({"detail", "flat", "xml"})
_STATUS_COLUMNS = ("pon", "ont", "sernum", "admin-state", "oper-status", "olt-rx-sig-level(dbm)")
_OPTICS_COLUMNS = ("ont-idx", "rx-signal-level", "tx-signal-level", "olt-rx-sig-level")
_INTERFACE_COLUMNS = ("ont-idx", "sw-ver-act", "vendor-id", "equip-id", "sernum")
_ENVIRONMENT = re.compile(
    r"(no\s+)?(mode|inhibit-alarms|print|prompt|terminal-timeout|timeout|max-lines|relative-time)"
)


class _InvalidTokenError(Exception):
    """The word at this position is not of the command."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(str(position))


class IsamShell:
    """One session of the CLI of the plant's OLT."""

    banner = "\r\nWelcome to ISAM\r\n\r\n"
    gap = " "
    paging: Paging | None = None

    def __init__(self, state: PlantState, username: str, obey: Callable[[Order], None] = lambda _: None) -> None:
        self._state = state
        self._obey = obey
        self._username = username
        self._node = ""
        self._commands: dict[tuple[str, ...], Callable[[Sequence[str], int], str]] = {
            ("info", "configure", "equipment", "ont", "interface"): self._configuration,
            ("show", "equipment", "ont", "interface"): self._inventory,
            ("show", "equipment", "ont", "optics"): self._optics,
            ("show", "equipment", "ont", "status", "pon"): self._status,
        }

    @property
    def prompt(self) -> str:
        """The prompt that follows each answer."""
        return f"typ:{self._username}>{self._node}#"

    def execute(self, line: str) -> Reply:
        """Run one line. Control characters in it are ignored, as a terminal would."""
        words = "".join(char for char in line if char.isprintable()).split()
        if not words:
            return Reply()
        if words[0] in {"exit", "logout"}:
            return self._leave(words)
        obeyed = isam(self._state, " ".join(words), self._obey) if not self._node else None
        if obeyed is not None:
            return Reply(obeyed)
        try:
            return Reply(self._dispatch(words))
        except _InvalidTokenError as error:
            return Reply(self._caret(words, error.position))

    def _leave(self, words: Sequence[str]) -> Reply:
        if words[0] == "logout":
            return Reply(closed=True)
        self._node = ""  # at the root, `exit` stays there: only `logout` ends a session
        return Reply()

    def _dispatch(self, words: Sequence[str]) -> str:
        if words[0] == "environment" or self._node == "environment":
            return self._environment(words)
        for path, command in self._commands.items():
            if tuple(words[: len(path)]) == path:
                return command(words, len(path))
        for position in range(len(words)):
            if not any(path[: position + 1] == tuple(words[: position + 1]) for path in self._commands):
                raise _InvalidTokenError(position)
        return _INCOMPLETE

    def _environment(self, words: Sequence[str]) -> str:
        settings = words[1:] if words[0] == "environment" else words
        if settings and not _ENVIRONMENT.match(" ".join(settings)):
            raise _InvalidTokenError(len(words) - len(settings))
        self._node = "environment"
        return ""

    def _caret(self, words: Sequence[str], position: int) -> str:
        column = len(self.prompt) + 1 + sum(len(word) + 1 for word in words[:position])
        return f"{' ' * column}^\ninvalid token"

    # The commands: ``at`` is where their arguments begin.

    def _configuration(self, words: Sequence[str], at: int) -> str:
        onts, options = self._onts(words, at)
        if not onts:
            return _NO_INSTANCE
        instances = [fields.configuration(ont) for ont in onts]
        if "xml" in options:
            return layout.configuration_xml(("configure", "equipment", "ont", "interface"), instances)
        return _configuration_text(instances, flat="flat" in options)

    def _inventory(self, words: Sequence[str], at: int) -> str:
        onts, options = self._onts(words, at)
        return _shown("interface", _INTERFACE_COLUMNS, [fields.inventory(ont) for ont in onts], options)

    def _optics(self, words: Sequence[str], at: int) -> str:
        onts, options = self._onts(words, at)
        return _shown("optics", _OPTICS_COLUMNS, [fields.optics(ont) for ont in onts], options)

    def _status(self, words: Sequence[str], at: int) -> str:
        if len(words) <= at or words[at] in _FORMATS:
            return _shown(
                "pon", _STATUS_COLUMNS, [fields.status(ont) for ont in self._configured()], _options(words, at)
            )
        pon = _numbers(words, at, 4)
        options = _options(words, at + 1)
        wanted = PonName(*pon)
        if wanted not in self._state.pons:
            return _NO_INSTANCE
        onts = [ont for ont in self._configured() if ont.name.pon_name == wanted]
        return _shown("pon", _STATUS_COLUMNS, [fields.status(ont) for ont in onts], options, status=True)

    def _configured(self) -> list[OntState]:
        return [ont for ont in self._state.onts.values() if ont.provisioned]

    def _onts(self, words: Sequence[str], at: int) -> tuple[list[OntState], frozenset[str]]:
        """The ONT named at ``at`` (none when it does not exist), or all of them, and the options that follow."""
        if len(words) <= at or words[at] in _FORMATS:
            return self._configured(), _options(words, at)
        name = OntName(*_numbers(words, at, 5))
        ont = self._state.onts.get(name)
        return ([ont] if ont is not None and ont.provisioned else []), _options(words, at + 1)


def _numbers(words: Sequence[str], at: int, count: int) -> tuple[int, ...]:
    if not re.fullmatch(r"[0-9]{1,5}(?:/[0-9]{1,5})" + f"{{{count - 1}}}", words[at]):
        raise _InvalidTokenError(at)
    return tuple(int(part) for part in words[at].split("/"))


def _options(words: Sequence[str], at: int) -> frozenset[str]:
    for position in range(at, len(words)):
        if words[position] not in _FORMATS:
            raise _InvalidTokenError(position)
    return frozenset(words[at:])


def _shown(
    title: str,
    columns: Sequence[str],
    instances: Sequence[layout.Instance],
    options: frozenset[str],
    *,
    status: bool = False,
) -> str:
    if not instances and not status:
        return _NO_INSTANCE
    if "xml" in options:
        path = ("show", "equipment", "ont", "status", "pon") if title == "pon" else ("show", "equipment", "ont", title)
        return layout.runtime_xml(path, instances)
    if "detail" in options:
        return layout.detailed(title, instances)
    return layout.table(title, columns, instances)


def _configuration_text(instances: Sequence[layout.Instance], *, flat: bool) -> str:
    """``info`` as commands: one a line with ``flat``, else nested under their node."""
    prefix = "configure equipment ont"
    if flat:
        return "\n".join(
            f"{prefix} interface {instance[0].value} {field.name} {field.value}"
            for instance in instances
            for field in instance[1:]
        )
    rule = "#" + "-" * 99
    lines = [prefix, rule, 'echo "ont"', rule]
    for instance in instances:
        lines.append(f"interface {instance[0].value}")
        lines += [f"  {field.name} {field.value}" for field in instance[1:]]
        lines.append("exit")
    lines.append("exit")
    return "\n".join(lines)
