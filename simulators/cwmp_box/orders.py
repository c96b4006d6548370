"""What a box does once its session is over: restart, install a firmware, reset its PPP connection, run a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from simulators.cwmp_box import runs, soap
from simulators.cwmp_box.cpe import Cpe
from simulators.cwmp_box.http import Address, HttpError, get
from simulators.cwmp_box.model import Facts
from simulators.cwmp_box.rpc import Asked
from simulators.cwmp_box.writable import PPP_RESET
from simulators.plant.box_orders import BoxOrders, Defect, OrderKind
from simulators.plant.state import DataModel

_CORRUPT, _NO_FILE = 9018, 9010  # TR-069 A.5.1: file corrupted; download failure
_TIMEOUT_S = 10.0
_DONE = "8 DIAGNOSTICS COMPLETE"

_PLACES: Final[Mapping[DataModel, Mapping[str, runs.Place]]] = {
    DataModel.TR098: {place.path: place for place in runs.places_098(DataModel.TR098.value)},
    DataModel.TR181: {place.path: place for place in runs.places_181(DataModel.TR181.value)},
}


@dataclass(frozen=True, slots=True)
class Firmware:
    """A simulated image: lines ``version=…``, ``model=…`` and maybe ``defect=…``."""

    version: str
    model: str
    defect: Defect

    @classmethod
    def parse(cls, image: bytes) -> Firmware | None:
        """Read an image; ``None`` for what is none."""
        lines = dict(line.partition("=")[::2] for line in image.decode("utf-8", "replace").splitlines())
        if "version" not in lines or lines.get("defect", "") not in set(Defect):
            return None
        return cls(lines["version"], lines.get("model", ""), Defect(lines.get("defect", "")))


class Obeying:
    """Carries out what boxes were asked; ``plan`` has a box speak."""

    def __init__(self, orders: BoxOrders, facts: Callable[[Cpe], Facts], plan: Callable[[Cpe], None]) -> None:
        self._orders = orders
        self._facts = facts
        self._plan = plan
        self._tasks: set[asyncio.Task[None]] = set()

    def after_session(self, cpe: Cpe, asked: list[Asked]) -> None:
        """Carry out what the session asked, in its order."""
        wants, cpe.settings = cpe.settings.wants, replace(cpe.settings, wants=())
        facts = self._facts(cpe)
        for want in wants:
            key = cpe.settings.parameter_key
            if want == PPP_RESET:
                self._orders.reset_session(cpe.ont, OrderKind.PPP_RESET, key, facts.now)
            elif self._orders.note(cpe.ont, OrderKind.TEST, key, facts.now):
                place = _PLACES[facts.box.data_model][want.removeprefix(runs.RUN)]
                cpe.settings = replace(cpe.settings, extra={**cpe.settings.extra, **runs.run(place, facts)})
                cpe.report(_DONE)
                self._plan(cpe)
        for order in asked:
            self._carry_out(cpe, order, facts)

    def written(self, cpe: Cpe, key: str) -> None:
        """Note parameters that were set."""
        if key:
            self._orders.note(cpe.ont, OrderKind.SET, key, self._facts(cpe).now)

    def refuses(self, cpe: Cpe) -> bool:
        """Whether the box pretends only."""
        return self._orders.deaf(cpe.ont)

    async def close(self) -> None:
        """Cut the transfers that run."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _carry_out(self, cpe: Cpe, order: Asked, facts: Facts) -> None:
        if order.kind is OrderKind.REBOOT:
            cpe.after_boot["M Reboot"] = order.key
            self._orders.restart(cpe.ont, OrderKind.REBOOT, order.key, facts.now)
        elif order.kind is OrderKind.FACTORY_RESET:
            if self._orders.restart(cpe.ont, OrderKind.FACTORY_RESET, order.key, facts.now):
                cpe.factory_reset()
        else:
            task = asyncio.create_task(self._download(cpe, order))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _download(self, cpe: Cpe, order: Asked) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                image = Firmware.parse(await get(Address.parse(order.url)))
        except (OSError, EOFError, TimeoutError, HttpError, ValueError):
            self._transferred(cpe, order.key, _NO_FILE, "Download failure")
            return
        facts = self._facts(cpe)
        if image is None or image.defect is Defect.CORRUPT or (image.model and image.model != facts.box.product_class):
            self._transferred(cpe, order.key, _CORRUPT, "Download failure: file corrupted")
            return
        if self._orders.deaf(cpe.ont):
            return
        cpe.transfers.append(transfer_complete(order.key, 0, ""))
        cpe.after_boot |= {"7 TRANSFER COMPLETE": "", "M Download": order.key}
        self._orders.install(cpe.ont, image.version, image.defect, order.key, facts.now)

    def _transferred(self, cpe: Cpe, key: str, code: int, text: str) -> None:
        cpe.transfers.append(transfer_complete(key, code, text))
        cpe.keys["M Download"] = key
        cpe.report("7 TRANSFER COMPLETE", "M Download")
        self._plan(cpe)


def transfer_complete(key: str, code: int, text: str) -> str:
    """The TransferComplete of a box (TR-069 A.3.3.2)."""
    fault = soap.structure("FaultStruct", (("FaultCode", str(code)), ("FaultString", text)))
    times = "<StartTime>0001-01-01T00:00:00Z</StartTime><CompleteTime>0001-01-01T00:00:00Z</CompleteTime>"
    return soap.call("TransferComplete", f"<CommandKey>{key}</CommandKey>{fault}{times}")
