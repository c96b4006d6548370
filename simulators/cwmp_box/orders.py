"""What a box does once its session is over: restart, transfer a file, reset its PPP connection, run a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from simulators.cwmp_box import runs, transfers
from simulators.cwmp_box.cpe import Cpe
from simulators.cwmp_box.faults import BoxFaultError
from simulators.cwmp_box.model import Facts
from simulators.cwmp_box.rpc import Asked
from simulators.cwmp_box.tables import BoxTree
from simulators.cwmp_box.writable import PPP_RESET
from simulators.plant.box_orders import BoxOrders, OrderKind
from simulators.plant.ports import PlantClock
from simulators.plant.state import DataModel

_DONE = "8 DIAGNOSTICS COMPLETE"
_TRANSFERRED = "7 TRANSFER COMPLETE"
_LOG = "2 "

_PLACES: Final[Mapping[DataModel, Mapping[str, runs.Place]]] = {
    DataModel.TR098: {place.path: place for place in runs.places_098(DataModel.TR098.value)},
    DataModel.TR181: {place.path: place for place in runs.places_181(DataModel.TR181.value)},
}


class Obeying:
    """Carries out what boxes were asked.

    Args:
        orders: Those of the plant.
        clock: The plant's.
        facts: What a box is now.
        tree: Its parameters now.
        plan: Has a box speak.
    """

    def __init__(
        self,
        orders: BoxOrders,
        clock: PlantClock,
        facts: Callable[[Cpe], Facts],
        tree: Callable[[Cpe], BoxTree],
        plan: Callable[[Cpe], None],
    ) -> None:
        self._orders = orders
        self._clock = clock
        self._facts = facts
        self._tree = tree
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
            cpe.after_boot.add(("M Reboot", order.key))
            self._orders.restart(cpe.ont, OrderKind.REBOOT, order.key, facts.now)
        elif order.kind is OrderKind.FACTORY_RESET:
            if self._orders.restart(cpe.ont, OrderKind.FACTORY_RESET, order.key, facts.now):
                cpe.factory_reset()
        elif order.kind is OrderKind.SCHEDULE:
            if self._orders.note(cpe.ont, OrderKind.SCHEDULE, order.key, facts.now):
                cpe.scheduled.append((facts.now + timedelta(seconds=order.delay_s), order.key))
                self._plan(cpe)
        else:
            task = asyncio.create_task(self._transfer(cpe, order, facts.now + timedelta(seconds=order.delay_s)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _transfer(self, cpe: Cpe, order: Asked, begins: datetime) -> None:
        await self._clock.sleep_until(begins)
        try:
            await (self._download(cpe, order) if order.kind is OrderKind.FIRMWARE else self._upload(cpe, order))
        except BoxFaultError as error:
            kind = "M Download" if order.kind is OrderKind.FIRMWARE else "M Upload"
            self._transferred(cpe, kind, order.key, error.code)

    async def _download(self, cpe: Cpe, order: Asked) -> None:
        image = await transfers.fetched(order, self._facts(cpe).box.product_class)
        if self._orders.deaf(cpe.ont):
            return
        cpe.transfers.append(transfers.transfer_complete(order.key))
        cpe.after_boot |= {(_TRANSFERRED, ""), ("M Download", order.key)}
        self._orders.install(cpe.ont, image.version, image.defect, order.key, self._facts(cpe).now)

    async def _upload(self, cpe: Cpe, order: Asked) -> None:
        facts = self._facts(cpe)
        if not self._orders.note(cpe.ont, OrderKind.UPLOAD, order.key, facts.now):
            return
        if order.file_type.startswith(_LOG):
            done = [entry for entry in self._orders.executed if entry.ont == cpe.ont]
            file = transfers.log(done, facts)
        else:
            file = transfers.configuration(self._tree(cpe).under(""), facts)
        await transfers.sent(order, file)
        self._transferred(cpe, "M Upload", order.key, 0)

    def _transferred(self, cpe: Cpe, kind: str, key: str, code: int) -> None:
        cpe.transfers.append(transfers.transfer_complete(key, code))
        cpe.report_keyed((_TRANSFERRED, ""), (kind, key))
        self._plan(cpe)
