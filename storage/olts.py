"""OLTs of the inventory: the infrastructure operators'."""

from __future__ import annotations

import builtins

from sqlalchemy import select

from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.olt import CliAccess, OltTarget
from domain.principal import Principal
from domain.secret import Secret
from storage.database import Database
from storage.scope import change_mine, mine
from storage.tables import OltRow, OperatorRow
from storage.uncut import uncut


class Olts:
    """Keeps OLTs, named once for all operators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def put(self, who: Principal, olt: OltTarget) -> bool:
        """Declare an OLT or change how it is reached; returns whether it is new.

        Raises `ForbiddenError` when the OLT is not the principal's or its operator owns no infrastructure, and
        `ConflictError` when the name is another operator's.
        """
        if olt.operator_id != who.operator_id:
            raise ForbiddenError(f"operator {olt.operator_id}")
        async with self._database.write() as session:
            operator = await session.get(OperatorRow, who.operator_id)
            if operator is None or not operator.is_infrastructure:
                raise ForbiddenError("infrastructure")
            row = await session.get(OltRow, olt.name)
            if row is None:
                insert = self._database.insert(OltRow).values(
                    operator_id=who.operator_id, name=olt.name, **_values(olt)
                )
                await session.execute(insert)
                return True
            if row.operator_id != who.operator_id:
                raise ConflictError("olt", olt.name, "this name is already in use")
            await session.execute(change_mine(OltRow, who).where(OltRow.name == olt.name).values(**_values(olt)))
            return False

    @uncut
    async def get(self, who: Principal, name: str) -> OltTarget:
        """One OLT of the principal's operator; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.scalar(mine(OltRow, who).where(OltRow.name == name))
        return _found(row, name)

    @uncut
    async def list(self, who: Principal) -> builtins.list[OltTarget]:
        """The OLTs of the principal's operator, by name."""
        async with self._database.read() as session:
            return [_olt(row) for row in await session.scalars(mine(OltRow, who).order_by(OltRow.name))]

    @uncut
    async def named(self, name: str) -> OltTarget:
        """An OLT whoever owns it, for the service's own reads; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.get(OltRow, name)
        return _found(row, name)

    @uncut
    async def all(self) -> builtins.list[OltTarget]:
        """Every OLT, by name, for the service's polling."""
        async with self._database.read() as session:
            return [_olt(row) for row in await session.scalars(select(OltRow).order_by(OltRow.name))]


def _found(row: OltRow | None, name: str) -> OltTarget:
    if row is None:
        raise NotFoundError("olt", name)
    return _olt(row)


def _olt(row: OltRow) -> OltTarget:
    cli = None
    if row.cli_host is not None and row.cli_port is not None and row.cli_username is not None:
        cli = CliAccess(row.cli_host, row.cli_port, row.cli_username, Secret(row.cli_password or ""))
    return OltTarget(row.operator_id, row.name, row.vendor, row.host, row.port, Secret(row.community), cli)


def _values(olt: OltTarget) -> dict[str, str | int | None]:
    return {
        "vendor": olt.vendor,
        "host": olt.host,
        "port": olt.port,
        "community": olt.community.reveal(),
        "cli_host": None if olt.cli is None else olt.cli.host,
        "cli_port": None if olt.cli is None else olt.cli.port,
        "cli_username": None if olt.cli is None else olt.cli.username,
        "cli_password": None if olt.cli is None else olt.cli.password.reveal(),
    }
