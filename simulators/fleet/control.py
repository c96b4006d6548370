"""Commands to a running fleet: one JSON object a line over TCP, as `simulators.control` has them for the small plant.

``{"command": "fault", "kind": "pbo-cut", "target": "OLT-00003/PBO-1-1-2-1"}`` gives ``{"ok": true, "result": …}``.
`simulators.control.ControlClient` sends them, and so do the commands of ``python -m simulators``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.clock import SharedClock
from simulators.fleet.agent import FleetAgent
from simulators.fleet.faults import Fault, Scope
from simulators.fleet.kinds import Kind, elsewhere, kinds
from simulators.fleet.model import ALARMS, instant_us
from simulators.fleet.responder import DEFAULT_MESSAGE, LEAST_MESSAGE, MOST_MESSAGE
from simulators.fleet.targets import find, split
from simulators.fleet.topology import EPOCH
from simulators.plant.errors import CommandError, UnknownFaultError
from simulators.plant.strict_yaml import problems_of
from simulators.plant.views import kind_view
from simulators.streams import StreamServer

_LONGEST = 65_536


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _FaultArguments(_Arguments):
    kind: str
    target: str
    parameters: dict[str, float | str] = {}


class _OntArguments(_Arguments):
    ont: str


class _KindArguments(_Arguments):
    kind: str


class _RepairArguments(_Arguments):
    fault: int | str


class _ClockArguments(_Arguments):
    advance: float = 0.0
    rate: float | None = None


_Delay = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]


class _BehaveArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")  # numbers of a command line are all floats

    olt: str
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
        self._server = StreamServer(self._converse, "127.0.0.1", port, _LONGEST)
        self._commands: dict[str, tuple[type[BaseModel], Callable[[Any], object]]] = {
            "fault": (_FaultArguments, self._fault),
            "repair": (_RepairArguments, self._repair),
            "faults": (_Arguments, lambda _: [_view(olt, fault) for olt, fault in self._fleet.faults()]),
            "list": (_Arguments, lambda _: [*map(_kind, kinds().values()), *_others()]),
            "targets": (_KindArguments, self._targets),
            "state": (_OntArguments, self._state),
            "clock": (_ClockArguments, self._move_clock),
            "behave": (_BehaveArguments, self._behave),
            "counts": (_Arguments, lambda _: asdict(agent.counts)),
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
        olt, target = split(a.target)
        return _view(olt, self._fleet.fault(a.kind, olt, target, **a.parameters))

    def _targets(self, a: _KindArguments) -> object:
        known = kinds().get(a.kind)
        if known is None:
            raise UnknownFaultError(f"no kind of fault {a.kind!r}", sorted(kinds()))
        return [f"OLT-00001/{scope.value}" for scope in Scope if scope in known.scopes]

    def _state(self, a: _OntArguments) -> object:
        """What the fleet knows of an ONT: levels in dBm, ``None`` where nothing can be read."""
        number, target = split(a.ont)
        olt = self._fleet.olt(number)
        row = int(find(olt.topology, frozenset({Scope.ONT}), target).onts[0])
        t, light = olt.topology, olt.light
        levels = {"rx_dbm": light.ont_rx_dbm, "tx_dbm": light.ont_tx_dbm, "olt_rx_dbm": light.olt_rx_dbm}
        return {
            "olt": olt.name,
            "vendor": self._fleet.vendor(number),
            "pm": f"PM-{t.pm[row]}",
            "pbo": f"PBO-{t.slot[row]}-{t.pon[row]}-{t.branch[row]}-{t.pbo[row]}",
            "length_m": round(float(t.length_m[row])),
            "oper_up": bool(olt.up[row]),
            "uni_up": bool(olt.uni_up[row]),
            "alarms": [str(alarm) for alarm, bit in ALARMS.items() if olt.alarms[row] & bit],
            "faults": [fault.id for fault in olt.faults.values() if row in fault.struck.onts],
            **{name: None if np.isnan(level[row]) else round(float(level[row]), 2) for name, level in levels.items()},
        }

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
        number, _ = split(a.olt)
        if not 1 <= number <= len(self._fleet):
            raise CommandError(f"no OLT {number}", [f"1 to {len(self._fleet)}"])
        changes = a.model_dump(exclude={"olt"}, exclude_unset=True)
        self._agent.set_behaviour(number, **changes)
        return {"olt": number, **changes}

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ValueError):  # a line beyond the limit: hang up
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(line), ensure_ascii=False).encode() + b"\n")
                await writer.drain()


def _kind(kind: Kind) -> dict[str, Any]:
    """As the plant tells it, with what it may strike here."""
    return kind_view(kind.known) | {"target": [scope.value for scope in Scope if scope in kind.scopes]}


def _others() -> list[dict[str, Any]]:
    """Those that a fleet does not have."""
    return [{"kind": name, "target": [], "not_here": why} for name, why in elsewhere().items()]


def _view(olt: int, fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "olt": olt,
        "kind": fault.kind,
        "target": fault.target,
        "parameters": dict(fault.values),
        "since": EPOCH.fromtimestamp(fault.since_us / 1e6, EPOCH.tzinfo).isoformat(),
        "onts": len(fault.struck.onts),
    }
