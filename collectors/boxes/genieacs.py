"""Boxes of an operator that has a GenieACS: read and act through its REST interface (NBI), 1.2.

An HTTP 200 does not mean done: a task may still be in the queue, or in a fault. Both are looked at before anything is
believed. The NBI authenticates nobody: it belongs behind a proxy that does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from collectors.boxes import diagnostics
from collectors.boxes.actions import waits
from collectors.boxes.genieacs_document import flat, instant_of, read_at
from collectors.boxes.genieacs_tasks import fault_of, task_of
from collectors.boxes.mapping import Vocabulary
from domain import box_actions as act
from domain.box import KnownBox
from domain.box_actions import BoxAction, BoxOutcome, BoxResult, Diagnose, SetValues
from domain.clock import Clock
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_REACH
from domain.ports import ReadOutcome
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome, SourceKind, SourceReport
from domain.states import Reach

_SOURCE: Final = Source(Via.CWMP, "GenieACS")
_EVENTS: Final = {act.Reboot: "1_BOOT", act.FactoryReset: "0_BOOTSTRAP"}
_FIRST_LOOK_S: Final = 0.5  # its own interface looks at the database that often


class GenieAcs:
    """A `domain.ports.BoxGateway` and `domain.ports.BoxActions` on a GenieACS.

    Args:
        url: Root of its NBI.
        clock: The clock in force.
        transport: Transport of httpx; its own by default.
    """

    def __init__(self, url: str, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, transport=transport, follow_redirects=False)
        self._clock = clock
        self._vocabulary = Vocabulary.load()

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()

    # Reading

    async def read(self, box: KnownBox, timeout_s: float) -> ReadOutcome:
        """Have the GenieACS refresh what we want of a box, and read it, within ``timeout_s``."""
        started, asked_at = asyncio.get_running_loop().time(), self._clock.now()
        reach: Reach | None = None
        device: dict[str, Any] | None = None
        try:
            async with asyncio.timeout(timeout_s):
                device = await self._device(box)
                if device is None:
                    return self._read(Readings(), None, Reason.NEVER_SEEN, started)
                values = flat(device)
                model = self._vocabulary.detect(values)
                if model is not None:
                    names = [name.rstrip(".") for name in model.plan(values)]
                    task = {"name": "getParameterValues", "parameterNames": names}
                    status = await self._task(_id(device), task, timeout_s)
                    reach = Reach.ANSWERED if status is None else Reach.SILENT
                    device = await self._device(box) or device
        except (TimeoutError, httpx.TimeoutException):
            return self._read(self._decode(device, asked_at), Reach.SILENT, Reason.TIMEOUT, started)
        except (httpx.HTTPError, ValueError):
            return self._read(Readings(), None, Reason.ERROR, started)
        reason = None if reach is Reach.ANSWERED else Reason.UNREACHABLE
        return self._read(self._decode(device, asked_at), reach, reason, started)

    def _decode(self, device: Mapping[str, Any] | None, asked_at: datetime) -> Readings:
        """The values of a document, each with the instant at which the GenieACS read it: most may be old."""
        values = {} if device is None else flat(device)
        model = self._vocabulary.detect(values) if values else None
        if model is None or device is None:
            return Readings()
        now = self._clock.now()
        decoded = model.decode(values, now, dict.fromkeys(model.plan(values)))
        dated: dict[Metric[Any], Reading[Any]] = {}
        for wanted, reading in decoded.values.items():
            at = read_at(device, reading.source.locator) if reading.known else None
            if at is not None and at < asked_at:
                reading = replace(reading, at=at, quality=Quality.STORED)  # noqa: PLW2901 - the same, dated
            dated[wanted] = reading
        return Readings(dated)

    def _read(self, found: Readings, reach: Reach | None, reason: Reason | None, started: float) -> ReadOutcome:
        now = self._clock.now()
        why = reason or Reason.NO_READING
        absent: dict[Metric[Any], Reading[Any]] = {m: missing(why, now, _SOURCE) for m in self._vocabulary.metrics()}
        absent[BOX_REACH] = missing(why, now, _SOURCE) if reach is None else known(reach, now, _SOURCE)
        outcome = Outcome.OK if reason is None else Outcome.PARTIAL if found else Outcome.FAILED
        elapsed_ms = (asyncio.get_running_loop().time() - started) * 1000
        return ReadOutcome(
            Readings(absent).merged(found), (SourceReport(SourceKind.BOX, outcome, reason, elapsed_ms, 3),)
        )

    # Acting

    async def act(
        self, box: KnownBox, action: BoxAction, key: str, timeout_s: float, told: Callable[[str], None] | None = None
    ) -> BoxResult:
        """Queue the task with a connection request, then look at the queue and at the faults."""
        try:
            async with asyncio.timeout(timeout_s):
                device = await self._device(box)
                if device is None:
                    return self._result(BoxOutcome.NOT_SENT, key, message="box inconnue du GenieACS")
                if isinstance(action, Diagnose):
                    return await self._diagnose(box, device, action, key, timeout_s)
                return await self._carry_out(box, device, action, key, timeout_s, told)
        except (TimeoutError, httpx.TimeoutException):
            return self._result(BoxOutcome.UNKNOWN, key)
        except (httpx.HTTPError, ValueError) as error:
            return self._result(BoxOutcome.UNKNOWN, key, message=type(error).__name__)

    async def settle(self, box: KnownBox, action: BoxAction, key: str, since: datetime, timeout_s: float) -> BoxResult:
        """A task that still waits is withdrawn; a restart shows in the events, settings in the values read back."""
        try:
            async with asyncio.timeout(timeout_s):
                device = await self._device(box)
                if device is None:
                    return self._result(BoxOutcome.UNKNOWN, key)
                refused = await self._refused(_id(device), key)
                if refused is not None:
                    return replace(refused, key=key)
                if isinstance(action, SetValues):
                    return await self._settle_by_reading(box, device, action, key, since, timeout_s)
        except (TimeoutError, httpx.HTTPError, ValueError):
            return self._result(BoxOutcome.UNKNOWN, key)
        event = _EVENTS.get(type(action), "")
        at = instant_of((device.get("Events") or {}).get(event))
        if event and at is not None and at >= since:
            return replace(self._result(BoxOutcome.DONE, key), at=at)
        return self._result(BoxOutcome.UNKNOWN, key)

    async def _refused(self, device_id: str, key: str) -> BoxResult | None:
        """What the box answered to a task of that key that nobody waited for; ``None`` without a refusal.

        Whatever is left of it is withdrawn. That nothing was sent is not to be learnt so: a session that is open has
        loaded its tasks already.
        """
        left = await self._query("tasks", {"device": device_id, "uniqueKey": key}) if key else []
        told = await self._withdrawn(device_id, str(left[0]["_id"])) if left else None
        return told if told is not None and told.fault is not None else None

    async def _settle_by_reading(
        self, box: KnownBox, device: dict[str, Any], action: SetValues, key: str, since: datetime, timeout_s: float
    ) -> BoxResult:
        """Read the values that were set: from the box, else what the GenieACS has read of them since."""
        wanted = action.values
        task = {"name": "getParameterValues", "parameterNames": list(wanted)}
        silent = await self._task(_id(device), task, timeout_s, f"{key}.read") is not None
        if not silent:
            device = await self._device(box) or device
        values = flat(device)
        found = {name: values.get(name) for name in wanted if not silent or _read_since(device, name, since)}
        done = all(found.get(name) == value for name, value in wanted.items())
        return replace(self._result(BoxOutcome.DONE if done else BoxOutcome.UNKNOWN, key), values=found)

    async def _carry_out(
        self,
        box: KnownBox,
        device: Mapping[str, Any],
        action: BoxAction,
        key: str,
        timeout_s: float,
        told: Callable[[str], None] | None,
    ) -> BoxResult:
        task = task_of(action, device)
        if task is None:
            return self._result(BoxOutcome.FAILED, key, message="action non prise en charge par le GenieACS")
        failed = await self._task(_id(device), task, timeout_s, key)
        if failed is None:
            return await self._after(box, action, key)
        if failed.outcome is BoxOutcome.NOT_SENT and told is not None:
            told(waits(box))
        return replace(failed, key=key, message=failed.message or waits(box))

    async def _diagnose(
        self, box: KnownBox, device: Mapping[str, Any], action: Diagnose, key: str, timeout_s: float
    ) -> BoxResult:
        """Set the arguments, then refresh the object at growing intervals until its state says that it has ended."""
        values = flat(device)
        model = self._vocabulary.detect(values)
        places = () if model is None else (model.root + path for path in diagnostics.PLACES[action.test].paths)
        path = next((place for place in places if place + diagnostics.STATE in values), None)
        if path is None:
            return self._result(BoxOutcome.FAILED, key, message="test non pris en charge par cette box")
        wanted = {path + name: item for name, item in diagnostics.arguments(action).items() if path + name in values}
        triples = [[name, value, f"xsd:{kind}"] for name, (value, kind) in wanted.items()]
        task = {"name": "setParameterValues", "parameterValues": triples}
        failed = await self._task(_id(device), task, timeout_s, key)
        if failed is not None:
            return replace(failed, key=key, message=failed.message or waits(box))
        patience_s = _FIRST_LOOK_S
        while True:
            await asyncio.sleep(patience_s)
            await self._task(_id(device), {"name": "refreshObject", "objectName": path.rstrip(".")}, timeout_s)
            found = flat(await self._device(box) or {})
            said = {name.removeprefix(path): value for name, value in found.items() if name.startswith(path)}
            if not diagnostics.running(said):
                break
            patience_s *= 2
        good = diagnostics.succeeded(said)
        readings = diagnostics.readings(action.test, said, self._clock.now()) if good else Readings()
        state = "" if good else (said.get(diagnostics.STATE) or "").strip()
        result = self._result(BoxOutcome.DONE if good else BoxOutcome.FAILED, key, message=state)
        return replace(result, values=said, readings=readings)

    async def _after(self, box: KnownBox, action: BoxAction, key: str) -> BoxResult:
        """The task has left the queue without a fault: the box answered. A restart is still to be seen."""
        if isinstance(action, (act.Reboot, act.FactoryReset, act.Download)):
            return self._result(BoxOutcome.UNKNOWN, key, message="acceptée par la box, effet à constater")
        values: dict[str, str | None] = {}
        if isinstance(action, act.GetValues):
            found = flat(await self._device(box) or {})
            values = {
                n: v
                for n, v in found.items()
                if any(n == w or (w[-1:] == "." and n.startswith(w)) for w in action.names)
            }
        return replace(self._result(BoxOutcome.DONE, key), values=values)

    async def _task(self, device_id: str, task: Mapping[str, Any], timeout_s: float, key: str = "") -> BoxResult | None:
        """``None`` when the box has done a task; else how it failed. A task that waits is withdrawn.

        The NBI is given less time than we have: a task that we no longer hear of would stay in its queue. There it is
        found by its ``key``, of which a device has one task at most.
        """
        url = f"/devices/{quote(device_id, safe='')}/tasks?timeout={int(timeout_s * 800)}&connection_request"
        answer = await self._http.post(url, json={**task, "uniqueKey": key} if key else task, timeout=timeout_s)
        answer.raise_for_status()
        task_id = str(answer.json()["_id"])
        return await self._withdrawn(device_id, task_id)

    async def _withdrawn(self, device_id: str, task_id: str) -> BoxResult | None:
        """How a task failed or waits, taken out of the queue; ``None`` when it has left it without a fault."""
        faults = await self._query("faults", {"_id": f"{device_id}:task_{task_id}"})
        if faults:
            await self._http.delete(f"/faults/{quote(str(faults[0]['_id']), safe='')}")
            await self._http.delete(f"/tasks/{task_id}")
            fault = fault_of(faults[0])
            if fault is None:
                return self._result(BoxOutcome.UNKNOWN, "", message=str(faults[0].get("message", ""))[:128])
            return replace(self._result(BoxOutcome.FAILED, ""), fault=fault)
        if not await self._query("tasks", {"_id": task_id}):
            return None
        withdrawn = await self._http.delete(f"/tasks/{task_id}")
        return self._result(BoxOutcome.NOT_SENT if withdrawn.status_code == 200 else BoxOutcome.UNKNOWN, "")

    async def _device(self, box: KnownBox) -> dict[str, Any] | None:
        wanted = {"_deviceId._OUI": box.device.oui, "_deviceId._SerialNumber": box.device.serial}
        found = await self._query("devices", wanted)
        return found[0] if len(found) == 1 else None

    async def _query(self, collection: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        answer = await self._http.get(f"/{collection}/", params={"query": json.dumps(query)})
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, list):
            raise TypeError(collection)
        return found

    def _result(self, outcome: BoxOutcome, key: str, message: str = "") -> BoxResult:
        return BoxResult(outcome, self._clock.now(), _SOURCE, key, message=message)


def _read_since(device: Mapping[str, Any], name: str, since: datetime) -> bool:
    at = read_at(device, name)
    return at is not None and at >= since


def _id(device: Mapping[str, Any]) -> str:
    return str(device["_id"])
