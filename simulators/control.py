"""Commands to a running plant: one JSON object a line over TCP, on the machine itself.

``{"command": "fault", "kind": "drop-cut", "target": "F00000016"}`` gives ``{"ok": true, "result": …}``, or
``{"ok": false, "error": {"code", "message", "accepted"}}``. A connection may carry many commands.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Self

from domain.identifiers import OntName
from simulators.clock import SharedClock
from simulators.plant.errors import CommandError
from simulators.plant.plant import Plant
from simulators.plant.targets import TargetKind
from simulators.plant.views import fault_view, kind_view, ont_view, platform_view
from simulators.radius.dynauth import NasManner
from simulators.streams import StreamServer

DEFAULT_PORT = 7400
_LONGEST_COMMAND = 65_536  # octets in a line
_LONGEST_ANSWER = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Command:
    run: Callable[..., object]  # may return an awaitable
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()


class ControlServer:
    """Takes commands for a plant. ``async with ControlServer(…) as control:`` listens on ``control.port``."""

    def __init__(
        self,
        plant: Plant,
        clock: SharedClock,
        host: str = "127.0.0.1",
        port: int = 0,
        announce: Callable[[OntName], Awaitable[None]] | None = None,
        windows: Mapping[str, Any] | None = None,
    ) -> None:
        self._plant = plant
        self._announce_one = announce
        self._windows = windows or {}
        self._clock = clock
        self._server = StreamServer(self._converse, host, port, _LONGEST_COMMAND)
        self._commands = {
            "fault": _Command(self._fault, frozenset({"kind"}), frozenset({"target", "parameters"})),
            "repair": _Command(self._repair, frozenset({"fault"})),
            "faults": _Command(self._faults),
            "truth": _Command(self._truth, frozenset({"ont"})),
            "platform": _Command(lambda: platform_view(self._plant)),
            "list": _Command(self._list),
            "targets": _Command(self._targets, frozenset({"kind"})),
            "clock": _Command(self._move_clock, takes=frozenset({"advance", "rate"})),
            "orders": _Command(self._orders, takes=frozenset({"restart_s"})),
            "nas": _Command(self._nas, takes=frozenset({"manner"})),
            "state": _Command(self._state, frozenset({"ont"})),
            "announce": _Command(self._announce, frozenset({"ont"})),
        }

    async def __aenter__(self) -> Self:
        await self._server.open()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._server.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    async def answer(self, line: bytes) -> dict[str, Any]:
        """Answer one command."""
        try:
            result = self._run(line)
            return {"ok": True, "result": await result if isawaitable(result) else result}
        except CommandError as error:
            return _refusal(error.code, str(error), error.accepted)

    def _run(self, line: bytes) -> object:
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"a command is one JSON object a line: {error}") from error
        if not isinstance(content, dict) or not isinstance(content.get("command"), str):
            raise CommandError('a command is a JSON object such as {"command": "faults"}', list(self._commands))
        name = content.pop("command")
        command = self._commands.get(name)
        if command is None:
            raise CommandError(f"no command {name[:64]!r}", list(self._commands))
        given = frozenset(content)
        if missing := command.needs - given:
            raise CommandError(f"{name} needs {', '.join(sorted(missing))}")
        if strange := given - command.needs - command.takes:
            raise CommandError(
                f"{name} does not take {', '.join(sorted(strange))}", sorted(command.needs | command.takes)
            )
        return command.run(**content)

    def _fault(self, kind: object, target: object = "", parameters: object = None) -> object:
        given = {} if parameters is None else parameters
        if not isinstance(given, dict):
            raise CommandError("parameters is an object: name of each parameter, then its value")
        return fault_view(self._plant.apply(_text("kind", kind), _text("target", target), **given))

    def _repair(self, fault: object) -> object:
        if not isinstance(fault, int | str) or isinstance(fault, bool):
            raise CommandError("fault is the number of an active fault, or all")
        return [fault_view(repaired) for repaired in self._plant.repair(fault)]

    def _faults(self) -> object:
        return [fault_view(fault) for fault in self._plant.faults]

    def _truth(self, ont: object) -> object:
        name = self._plant.find(TargetKind.ONT, _text("ont", ont)).ont
        return [fault_view(fault) for fault in self._plant.truth(name)] if name is not None else []

    def _list(self) -> object:
        return [kind_view(kind) for kind in self._plant.kinds.values()]

    def _targets(self, kind: object) -> object:
        return self._plant.targets(_text("kind", kind))

    def _move_clock(self, advance: object = None, rate: object = None) -> object:
        try:
            if rate is not None:
                self._clock.set_rate(_number("rate", rate))
            if advance is not None:
                self._clock.advance(_number("advance", advance))
        except ValueError as error:
            raise CommandError(str(error)) from error
        self._plant.run_due()
        return {"now": self._clock.now().isoformat(), "rate": self._clock.rate}

    def _state(self, ont: object) -> object:
        name = self._plant.find(TargetKind.ONT, _text("ont", ont)).ont
        return ont_view(self._plant, name) if name is not None else None

    def _orders(self, restart_s: object = None) -> object:
        """What boxes have carried out; with ``restart_s``, how long they take to restart from now on."""
        if restart_s is not None:
            self._plant.orders.restart_s = _number("restart_s", restart_s)
        return [
            {"at": one.at.isoformat(), "ont": str(one.ont), "kind": one.kind.value, "key": one.key}
            for one in self._plant.orders.executed
        ]

    def _nas(self, manner: object = None) -> object:
        """What the BRAS was asked; with ``manner``, how it takes requests from now on."""
        nas = self._windows.get("coa")
        if nas is None:
            raise CommandError("this plant has no BRAS that takes requests")
        if manner is not None:
            try:
                nas.manner = NasManner(_text("manner", manner))
            except ValueError as error:
                raise CommandError(str(error), [one.value for one in NasManner]) from error
        return {"manner": nas.manner.value, "received": nas.received, "obeyed": nas.obeyed}

    async def _announce(self, ont: object) -> object:
        """Make a box bootstrap and its session be accounted for now; answers once both have been heard."""
        name = self._plant.find(TargetKind.ONT, _text("ont", ont)).ont
        if self._announce_one is None or name is None:
            raise CommandError("this plant has no box window")
        try:
            await self._announce_one(name)
        except TimeoutError as error:
            raise CommandError(f"the box of {name} was not heard in time") from error
        return {"ont": str(name)}

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line, whole = await _read_line(reader)
            if whole and not line:
                return
            if not whole:
                answer = _refusal("bad_command", f"a command has at most {_LONGEST_COMMAND} octets")
            elif line.strip():
                answer = await self.answer(line)
            else:
                continue
            writer.write(_line(answer))
            await writer.drain()


class ControlClient:
    """Sends commands to a running plant, each on its own connection."""

    def __init__(self, host: str = "127.0.0.1", port: int = DEFAULT_PORT, timeout_s: float = 10.0) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s

    async def call(self, command: str, **args: object) -> Any:
        """The result of a command; raises `ControlError` when it is refused or no plant answers."""
        place = f"{self._host}:{self._port}"
        try:
            async with asyncio.timeout(self._timeout_s):
                line = await self._exchange(_line({"command": command, **args}))
        except TimeoutError as error:
            raise ControlError("timeout", f"the plant at {place} did not answer in {self._timeout_s} s") from error
        except OSError as error:
            raise ControlError("unreachable", f"no plant listens at {place}: {error}") from error
        if not line.endswith(b"\n"):
            raise ControlError("unreachable", f"the plant at {place} hung up")
        answer = json.loads(line)
        if not answer["ok"]:
            raise ControlError(answer["error"]["code"], answer["error"]["message"], answer["error"]["accepted"])
        return answer["result"]

    async def _exchange(self, line: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=_LONGEST_ANSWER)
        try:
            writer.write(line)
            await writer.drain()
            return await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()


class ControlError(Exception):
    """A command was refused.

    Attributes:
        code: Stable word: ``unknown_target``, ``unreachable`` …
        accepted: What would have been accepted.
    """

    def __init__(self, code: str, message: str, accepted: list[str] | None = None) -> None:
        self.code = code
        self.accepted = accepted or []
        super().__init__(message)


async def _read_line(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """The next line, and whether it is whole: one that is too long is dropped up to its end."""
    whole = True
    while True:
        try:
            return await reader.readuntil(b"\n"), whole
        except asyncio.IncompleteReadError as end:
            return end.partial, whole
        except asyncio.LimitOverrunError as overrun:
            whole = False
            await reader.readexactly(overrun.consumed)


def _refusal(code: str, message: str, accepted: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "message": message, "accepted": list(accepted)}}


def _line(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise CommandError(f"{name} is a text")
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CommandError(f"{name} is a number")
    return float(value)
