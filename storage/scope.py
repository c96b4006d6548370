"""The operator's filter: every read and write of an operator's rows starts here."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Delete, Select, Update, bindparam, delete, select, update

from domain.principal import Principal
from storage.tables.base import Base, Owned

M = TypeVar("M", bound=Owned)
WHO = "who"
"""The parameter of statements that are written once: the operator whose rows they are."""


def mine(model: type[M], who: Principal) -> Select[M]:
    """Rows of the principal's operator."""
    return select(model).where(model.operator_id == who.operator_id)


def mine_at_once(model: type[Base], *without: str) -> Select[Any]:
    """The columns of rows of the operator `WHO`, for `Database.rows`: written once, asked with its parameters."""
    table = model.__table__
    return select(*(one for one in table.c if one.key not in without)).where(table.c.operator_id == bindparam(WHO))


def change_mine(model: type[M], who: Principal) -> Update:
    """An update that touches rows of the principal's operator alone."""
    found = update(model).where(model.operator_id == who.operator_id)
    return found.execution_options(synchronize_session=False)


def drop_mine(model: type[M], who: Principal) -> Delete:
    """A delete that touches rows of the principal's operator alone."""
    found = delete(model).where(model.operator_id == who.operator_id)
    return found.execution_options(synchronize_session=False)
