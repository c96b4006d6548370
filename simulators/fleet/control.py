"""Commands to a running fleet: one JSON object a line over TCP, as `simulators.control` has them for the small plant.

``{"command": "fault", "kind": "pbo-cut", "olt": 3, "target": "PBO-1-1-2-1"}`` gives ``{"ok": true, "result": …}``.
`simulators.control.ControlClient` sends them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.clock import SharedClock
from simulators.fleet.agent import FleetAgent
from simulators.fleet.faults import KINDS, Course, Fault
from simulators.fleet.model import instant_us
from simulators.fleet.responder import DEFAULT_MESSAGE, LEAST_MESSAGE, MOST_MESSAGE
from simulators.fleet.topology import EPOCH
from simulators.plant.errors import CommandError
from simulators.plant.strict_yaml import problems_of

_LONGEST = 65_536


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _FaultArguments(_Arguments):
    kind: str
    olt: int
    target: str = ""
    size: float | None = None
    after_s: float = 0.0
    for_s: float | None = None
    period_s: float = 0.0
    duty: float = 0.5
    when: str = "always"


class _RepairArguments(_Arguments):
    fault: int | str


class _ClockArguments(_Arguments):
    advance: float = 0.0
    rate: float | None = None


_Delay = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]


class _BehaveArguments(_Arguments):
    olt: int
    delay_s: _Delay = 0.0
    service_s: _Delay = 0.0
    ddm_delay_s: _Delay = 0.0
    loss: Annotated[float, Field(ge=0, le=1)] = 0.0
    max_message: Annotated[int, Field(ge=LEAST_MESSAGE, le=MOST_MESSAGE)] = DEFAULT_MESSAGE
    max_repetitions: _Count = 0
    max_asked: _Count | None = None
    drop_above: _Count | None = None
    silent_at_zero: bool = False


class FleetControl:
    """Takes commands for a fleet; listens on ``port`` of the machine itself while its context lasts."""

    def __init__(self, agent: FleetAgent, clock: SharedClock, port: int = 0) -> None:
        self._agent, self._fleet, self._clock = agent, agent.fleet, clock
        self.port = port
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._commands: dict[str, tuple[type[_Arguments], Callable[[Any], object]]] = {
            "fault": (_FaultArguments, self._fault),
            "repair": (_RepairArguments, self._repair),
            "faults": (_Arguments, lambda _: [_view(olt, fault) for olt, fault in self._fleet.faults()]),
            "list": (_Arguments, lambda _: _kinds()),
            "clock": (_ClockArguments, self._move_clock),
            "behave": (_BehaveArguments, self._behave),
            "counts": (_Arguments, lambda _: asdict(agent.counts)),
        }

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", self.port, limit=_LONGEST)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.transport.abort()
            await asyncio.gather(*self._open.values())
            await self._server.wait_closed()

    def answer(self, line: bytes) -> dict[str, Any]:
        """Obey one command."""
        try:
            return {"ok": True, "result": self._run(line)}
        except CommandError as error:
            return {"ok": False, "error": {"code": error.code, "message": str(error), "accepted": error.accepted}}

    def _run(self, line: bytes) -> object:
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"a command is one JSON object a line: {error}") from error
        if not isinstance(content, dict) or content.get("command") not in self._commands:
            raise CommandError("no such command", sorted(self._commands))
        shape, run = self._commands[content.pop("command")]
        try:
            arguments = shape.model_validate(content)
        except ValidationError as error:
            raise CommandError("; ".join(problems_of(error))) from error
        self._fleet.advance(instant_us(self._clock.now()))
        return run(arguments)

    def _fault(self, a: _FaultArguments) -> object:
        begin_us = self._fleet.now_us + int(a.after_s * 1e6)
        course: Course = {"begin_us": begin_us, "period_s": a.period_s, "duty": a.duty, "when": a.when}
        if a.for_s is not None:
            course["end_us"] = begin_us + int(a.for_s * 1e6)
        fault = self._fleet.fault(a.kind, a.olt, a.target, size=a.size, **course)
        return _view(a.olt, fault)

    def _repair(self, a: _RepairArguments) -> object:
        if isinstance(a.fault, str) and a.fault != "all" and not a.fault.isdecimal():
            raise CommandError("fault is the number of an active fault, or all")
        known = self._fleet.faults()
        wanted = [fault.id for _, fault in known] if a.fault == "all" else [int(a.fault)]
        return [self._fleet.repair(number).id for number in wanted]

    def _move_clock(self, a: _ClockArguments) -> object:
        try:
            if a.rate is not None:
                self._clock.set_rate(a.rate)
            self._clock.advance(a.advance)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self._fleet.advance(instant_us(self._clock.now()))
        return {"now": self._clock.now().isoformat(), "rate": self._clock.rate}

    def _behave(self, a: _BehaveArguments) -> object:
        if not 1 <= a.olt <= len(self._fleet):
            raise CommandError(f"no OLT {a.olt}", [f"1 to {len(self._fleet)}"])
        changes = a.model_dump(exclude={"olt"}, exclude_unset=True)
        self._agent.set_behaviour(a.olt, **changes)
        return {"olt": a.olt, **changes}

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: asyncio.Task[None] | None = asyncio.current_task()
        if task is not None:
            self._open[writer] = task
        try:
            with contextlib.suppress(ConnectionError, ValueError):  # gone, or a line beyond the limit: hang up
                while line := await reader.readline():
                    writer.write(json.dumps(self.answer(line), ensure_ascii=False).encode() + b"\n")
                    await writer.drain()
        finally:
            self._open.pop(writer, None)
            writer.close()


def _kinds() -> list[dict[str, Any]]:
    return [
        {"kind": name, "targets": sorted(scope.value for scope in kind.scopes), "size": kind.size, "text": kind.text}
        for name, kind in KINDS.items()
    ]


def _view(olt: int, fault: Fault) -> dict[str, Any]:
    begin = EPOCH.fromtimestamp(fault.begin_us / 1e6, EPOCH.tzinfo)
    return {
        "id": fault.id,
        "olt": olt,
        "kind": fault.kind,
        "target": fault.target,
        "size": fault.size,
        "since": begin.isoformat(),
        "onts": len(fault.struck.onts),
    }
