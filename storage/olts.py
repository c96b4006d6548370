"""OLTs of the inventory: the infrastructure operators'."""

from __future__ import annotations

import builtins

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select

from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.identifiers import OntName, SerialNumber
from domain.load import LoadContract
from domain.olt import CliAccess, OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.principal import Principal
from domain.secret import Secret
from storage.database import Database
from storage.scope import change_mine, drop_mine, mine
from storage.tables import AccessRow, OltRow, OperatorRow, OutsidePlantRow, PlannedWorkRow, WalkRow
from storage.uncut import uncut

_CONTRACT = TypeAdapter(LoadContract)


_OWNERS = select(OltRow.operator_id).distinct().order_by(OltRow.operator_id)
_NAMED = select(*OltRow.__table__.c).where(OltRow.name == bindparam("olt"))


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
    async def remove(self, who: Principal, name: str) -> OltTarget:
        """Take an OLT out of the inventory, with its outside plant, its last walk and the works announced on it.

        Returns what it was.

        Raises `NotFoundError` when the principal's operator has none of that name, `ConflictError` as long as accesses,
        of any operator, hang from it.
        """
        async with self._database.write() as session:
            olt = _found(await session.scalar(mine(OltRow, who).where(OltRow.name == name)), name)
            if await session.scalar(select(AccessRow.id1).where(AccessRow.olt == name).limit(1)) is not None:
                raise ConflictError("olt", name, "accesses still hang from it")
            for model, key in (
                (OutsidePlantRow, OutsidePlantRow.olt),
                (WalkRow, WalkRow.olt),
                (PlannedWorkRow, PlannedWorkRow.olt),
                (OltRow, OltRow.name),
            ):
                await session.execute(drop_mine(model, who).where(key == name))
        return olt

    @uncut
    async def places(self, name: str) -> dict[OntName, SerialNumber | None]:
        """The ONTs of an OLT that the inventory knows, by passive path or access, and the serial number expected."""
        paths = select(OutsidePlantRow.ont, OutsidePlantRow.serial).where(OutsidePlantRow.olt == name)
        served = select(AccessRow.ont).where(AccessRow.olt == name, AccessRow.ont.is_not(None))
        async with self._database.read() as session:
            found: dict[str, str | None] = {ont: None for ont in await session.scalars(served) if ont is not None}
            found.update((ont, serial) for ont, serial in await session.execute(paths))
        return {OntName.parse(o): None if serial is None else SerialNumber.parse(serial) for o, serial in found.items()}

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

    async def owners(self) -> builtins.list[str]:
        """The operators that have an OLT at all, for the service's own reads."""
        return [row.operator_id for row in await self._database.rows(_OWNERS)]

    async def named(self, name: str) -> OltTarget:
        """An OLT whoever owns it, for the service's own reads; raises `NotFoundError`."""
        return _found(await self._database.row(_NAMED, {"olt": name}), name)

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
    contract = None if row.contract is None else _CONTRACT.validate_json(row.contract)
    community = Secret(row.community)
    return OltTarget(row.operator_id, row.name, row.vendor, row.host, row.port, community, cli, _user(row), contract)


def _user(row: OltRow) -> SnmpUser | None:
    if row.user_name is None:
        return None
    return SnmpUser(
        row.user_name,
        None if row.user_auth is None else SnmpAuth(row.user_auth),
        None if row.user_auth_key is None else Secret(row.user_auth_key),
        None if row.user_privacy is None else SnmpPrivacy(row.user_privacy),
        None if row.user_privacy_key is None else Secret(row.user_privacy_key),
    )


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
        "contract": None if olt.contract is None else _CONTRACT.dump_json(olt.contract).decode(),
        **_user_values(olt.user),
    }


def _user_values(user: SnmpUser | None) -> dict[str, str | int | None]:
    return {
        "user_name": None if user is None else user.name,
        "user_auth": None if user is None else user.auth,
        "user_auth_key": None if user is None or user.auth_key is None else user.auth_key.reveal(),
        "user_privacy": None if user is None else user.privacy,
        "user_privacy_key": None if user is None or user.privacy_key is None else user.privacy_key.reveal(),
    }
