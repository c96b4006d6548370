"""The passive paths of ONTs: the infrastructure operator's records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from domain.access import OpticalClass, OutsidePlant
from domain.errors import NotFoundError
from domain.identifiers import OntName, PonName, SerialNumber
from domain.principal import Principal
from storage.database import Database
from storage.scope import drop_mine, mine
from storage.tables import AccessRow, OltRow, OutsidePlantRow
from storage.uncut import uncut

_PATH = (
    OutsidePlantRow.ont,
    OutsidePlantRow.pm,
    OutsidePlantRow.splitters,
    OutsidePlantRow.pbo,
    OutsidePlantRow.length_m,
    OutsidePlantRow.splitter_ratio,
    OutsidePlantRow.ratios,
    OutsidePlantRow.feeder_m,
    OutsidePlantRow.branch_m,
    OutsidePlantRow.drop_m,
    OutsidePlantRow.street,
    OutsidePlantRow.power_area,
)
"""Columns, not objects: a diagnosis reads a whole PON of them, and building objects took most of that time."""


_ANCESTORS = (
    OutsidePlantRow.ont,
    OutsidePlantRow.pbo,
    OutsidePlantRow.splitters,
    OutsidePlantRow.street,
    OutsidePlantRow.power_area,
)


class OutsidePlants:
    """Keeps passive paths. Written by the operator that owns the OLT."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def replace(
        self,
        who: Principal,
        olt: str,
        rows: Mapping[OntName, OutsidePlant],
        serials: Mapping[OntName, SerialNumber] | None = None,
    ) -> None:
        """Replace every path of an OLT, and the ONT expected at its end where that is known.

        Raises `NotFoundError` unless the principal's operator owns the OLT.
        """
        expected = serials or {}
        values = [
            {
                "operator_id": who.operator_id,
                "olt": olt,
                "ont": str(ont),
                "pon": str(ont.pon_name),
                "pm": path.pm,
                "splitters": list(path.splitters),
                "pbo": path.pbo,
                "length_m": path.length_m,
                "splitter_ratio": path.splitter_ratio,
                "ratios": list(path.ratios) or None,
                "feeder_m": path.feeder_m,
                "branch_m": path.branch_m,
                "drop_m": path.drop_m,
                "street": path.street,
                "power_area": path.power_area,
                "serial": str(expected[ont]) if ont in expected else None,
            }
            for ont, path in rows.items()
        ]
        async with self._database.write() as session:
            if await session.scalar(mine(OltRow, who).where(OltRow.name == olt)) is None:
                raise NotFoundError("olt", olt)
            await session.execute(drop_mine(OutsidePlantRow, who).where(OutsidePlantRow.olt == olt))
            if values:
                await session.execute(self._database.insert(OutsidePlantRow), values)

    @uncut
    async def of_pon(self, olt: str, pon: PonName) -> dict[OntName, OutsidePlant]:
        """The paths of the ONTs of one PON port, whoever their customers are: no identity in it."""
        query = select(*_PATH).where(OutsidePlantRow.olt == olt, OutsidePlantRow.pon == str(pon))
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return {OntName.parse(ont): _path(*rest) for ont, *rest in rows}

    @uncut
    async def of_olt(self, olt: str) -> dict[OntName, OutsidePlant]:
        """The paths of every ONT of an OLT, likewise."""
        query = select(*_PATH).where(OutsidePlantRow.olt == olt)
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return {OntName.parse(ont): _path(*rest) for ont, *rest in rows}

    @uncut
    async def classes(self, olt: str) -> dict[OntName, OpticalClass]:
        """The optical class of each ONT of an OLT that serves an access, whoever its customer is."""
        query = select(AccessRow.ont, AccessRow.optical_class).where(AccessRow.olt == olt, AccessRow.ont.is_not(None))
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return {OntName.parse(ont): OpticalClass(name) for ont, name in rows if ont is not None}

    @uncut
    async def ancestors(self, olt: str) -> list[tuple[OntName, str | None, str | None, str | None, str | None]]:
        """Of every ONT of an OLT: its PBO, its last splitter, its street and its power area."""
        query = select(*_ANCESTORS).where(OutsidePlantRow.olt == olt)
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [
            (OntName.parse(ont), pbo, splitters[-1] if splitters else None, street, area)
            for ont, pbo, splitters, street, area in rows
        ]

    @uncut
    async def under_pm(self, olt: str, pm: str) -> frozenset[OntName]:
        """The ONTs of an OLT that hang from a *point de mutualisation*."""
        query = select(OutsidePlantRow.ont).where(OutsidePlantRow.olt == olt, OutsidePlantRow.pm == pm)
        async with self._database.read() as session:
            return frozenset(OntName.parse(ont) for ont in await session.scalars(query))


def outside_plant(row: OutsidePlantRow) -> OutsidePlant:
    """The domain's value of a row."""
    parts = (row.ratios, row.feeder_m, row.branch_m, row.drop_m, row.street, row.power_area)
    return _path(row.pm, row.splitters, row.pbo, row.length_m, row.splitter_ratio, *parts)


def _path(pm: Any, splitters: Any, pbo: Any, length_m: Any, ratio: Any, ratios: Any, *lengths: Any) -> OutsidePlant:
    """From columns, in the order of `_PATH`."""
    return OutsidePlant(pm, tuple(splitters), pbo, length_m, ratio, tuple(ratios or ()), *lengths)
