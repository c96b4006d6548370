"""The passive paths of ONTs: the infrastructure operator's records."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from domain.access import OutsidePlant
from domain.errors import NotFoundError
from domain.identifiers import OntName, PonName, SerialNumber
from domain.principal import Principal
from storage.database import Database
from storage.scope import drop_mine, mine
from storage.tables import OltRow, OutsidePlantRow
from storage.uncut import uncut

_PATH = (
    OutsidePlantRow.ont,
    OutsidePlantRow.pm,
    OutsidePlantRow.splitters,
    OutsidePlantRow.pbo,
    OutsidePlantRow.length_m,
    OutsidePlantRow.splitter_ratio,
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
        return {
            OntName.parse(ont): OutsidePlant(pm, tuple(splitters), pbo, length_m, ratio, street, area)
            for ont, pm, splitters, pbo, length_m, ratio, street, area in rows
        }

    @uncut
    async def of_olt(self, olt: str) -> list[tuple[OntName, str | None, str | None, str | None, str | None]]:
        """Of every ONT of an OLT: its PBO, its last splitter, its street and its power area."""
        query = select(*_ANCESTORS).where(OutsidePlantRow.olt == olt)
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [
            (OntName.parse(ont), pbo, splitters[-1] if splitters else None, street, area)
            for ont, pbo, splitters, street, area in rows
        ]


def outside_plant(row: OutsidePlantRow) -> OutsidePlant:
    """The domain's value of a row."""
    return OutsidePlant(
        row.pm, tuple(row.splitters), row.pbo, row.length_m, row.splitter_ratio, row.street, row.power_area
    )
