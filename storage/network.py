"""The infrastructure side of the records: what a test or a poller needs of OLTs, outside plant and walks.

Reads here are the service's own and cross operators: an access of any operator hangs from the infrastructure
operator's OLT. They carry no customer's identity. Writes take the principal of the operator that owns the OLT.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from domain.access import OutsidePlant
from domain.identifiers import OntName, SerialNumber
from domain.olt import OltTarget, OltWalk
from domain.principal import Principal
from storage.olts import Olts
from storage.outside_plants import OutsidePlants
from storage.walks import Walks


class NetworkRecords:
    """OLTs, outside plant and last walks together."""

    def __init__(self, olts: Olts, outside_plants: OutsidePlants, walks: Walks) -> None:
        self._olts = olts
        self._outside_plants = outside_plants
        self._walks = walks

    async def put_olt(self, who: Principal, olt: OltTarget) -> bool:
        """Declare an OLT or change it; see `Olts.put`."""
        return await self._olts.put(who, olt)

    async def remove_olt(self, who: Principal, name: str) -> OltTarget:
        """Take an OLT out of the inventory; see `Olts.remove`."""
        return await self._olts.remove(who, name)

    async def places(self, olt: str) -> dict[OntName, SerialNumber | None]:
        """The ONTs that the inventory knows on an OLT, and the serial number expected of each."""
        return await self._olts.places(olt)

    async def put_outside(
        self,
        who: Principal,
        olt: str,
        rows: Mapping[OntName, OutsidePlant],
        serials: Mapping[OntName, SerialNumber] | None = None,
    ) -> None:
        """Replace the passive paths of an OLT; see `OutsidePlants.replace`."""
        await self._outside_plants.replace(who, olt, rows, serials)

    async def olt(self, name: str) -> OltTarget:
        """How to reach an OLT; raises `NotFoundError`."""
        return await self._olts.named(name)

    async def olts(self) -> builtins.list[OltTarget]:
        """Every OLT, for polling."""
        return await self._olts.all()

    async def olts_of(self, who: Principal) -> builtins.list[OltTarget]:
        """The OLTs of the principal's operator, by name."""
        return await self._olts.list(who)

    async def olt_of(self, who: Principal, name: str) -> OltTarget:
        """One OLT of the principal's operator; raises `NotFoundError`."""
        return await self._olts.get(who, name)

    async def outside_of(self, olt: str, ont: OntName) -> dict[OntName, OutsidePlant]:
        """The passive paths of every ONT of the PON of ``ont``."""
        return await self._outside_plants.of_pon(olt, ont.pon_name)

    async def ancestors_of(
        self, olt: str
    ) -> builtins.list[tuple[OntName, str | None, str | None, str | None, str | None]]:
        """What every ONT of an OLT hangs from; see `OutsidePlants.ancestors`."""
        return await self._outside_plants.ancestors(olt)

    async def under_pm(self, olt: str, pm: str) -> frozenset[OntName]:
        """The ONTs that hang from a *point de mutualisation*; see `OutsidePlants.under_pm`."""
        return await self._outside_plants.under_pm(olt, pm)

    async def walk(self, who: Principal, olt: str) -> OltWalk | None:
        """The last walk of an OLT of the principal's operator, identities included; raises `NotFoundError`."""
        return await self._walks.last(await self._olts.get(who, olt))

    async def last_walk(self, olt: OltTarget) -> OltWalk | None:
        """The last walk of an OLT as neighbours may be known: states and levels of the ONTs, no identity."""
        return await self._walks.states(olt)
