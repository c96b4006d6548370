"""The inventory: OLTs and outside plant of the infrastructure operator, accesses of the commercial operators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from domain.access import Access, OutsidePlant
from domain.errors import InvalidValueError
from domain.identifiers import Id1, OntName, SerialNumber
from domain.olt import OltTarget
from domain.principal import Principal, Right
from storage.accesses import Accesses
from storage.network import NetworkRecords


class InventoryService:
    """Writes need the right « inventaire »; reads need « e-SAV Test »."""

    def __init__(
        self,
        *,
        accesses: Accesses,
        network: NetworkRecords,
        vendors: frozenset[str],
        on_declared: Callable[[OltTarget], None],
        on_removed: Callable[[], Awaitable[None]],
    ) -> None:
        self._accesses = accesses
        self._network = network
        self._vendors = vendors
        self._on_declared = on_declared
        self._on_removed = on_removed

    async def put_olt(self, who: Principal, olt: OltTarget) -> OltTarget:
        """Declare an OLT or change how it is reached; its polling starts."""
        who.require(Right.INVENTORY)
        if olt.vendor not in self._vendors:
            raise InvalidValueError("vendor", olt.vendor, "a vendor that this service reads")
        await self._network.put_olt(who, olt)
        self._on_declared(olt)
        return olt

    async def olts(self, who: Principal) -> list[OltTarget]:
        """The OLTs of the operator, by name."""
        who.require(Right.INVENTORY)
        return await self._network.olts_of(who)

    async def olt(self, who: Principal, name: str) -> OltTarget:
        """One OLT of the operator; raises `NotFoundError`."""
        who.require(Right.INVENTORY)
        return await self._network.olt_of(who, name)

    async def remove_olt(self, who: Principal, name: str) -> None:
        """Take an OLT out of the inventory; nothing is asked of it when this returns. Its telemetry stays."""
        who.require(Right.INVENTORY)
        await self._network.remove_olt(who, name)
        await self._on_removed()

    async def put_outside(
        self,
        who: Principal,
        olt: str,
        rows: Mapping[OntName, OutsidePlant],
        serials: Mapping[OntName, SerialNumber],
    ) -> None:
        """Replace the passive paths of the ONTs of an OLT, and the serial numbers expected there."""
        who.require(Right.INVENTORY)
        await self._network.put_outside(who, olt, rows, serials)

    async def access(self, who: Principal, id1: Id1) -> Access:
        """One access of the operator."""
        who.require(Right.TEST)
        return await self._accesses.get(who, id1)

    async def accesses(self, who: Principal) -> list[Access]:
        """The accesses of the operator, by ID1."""
        who.require(Right.TEST)
        return await self._accesses.list(who)

    async def page(self, who: Principal, after: Id1 | None, limit: int) -> list[Access]:
        """Accesses of the operator behind an ID1, by ID1."""
        who.require(Right.TEST)
        return await self._accesses.page(who, after, limit)
