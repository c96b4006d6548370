"""The operator's filter: every read and write of an operator's rows starts here."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Delete, Select, Update, delete, select, update

from domain.principal import Principal
from storage.tables.base import Owned

M = TypeVar("M", bound=Owned)


def mine(model: type[M], who: Principal) -> Select[M]:
    """Rows of the principal's operator."""
    return select(model).where(model.operator_id == who.operator_id)


def change_mine(model: type[M], who: Principal) -> Update:
    """An update that touches rows of the principal's operator alone."""
    found = update(model).where(model.operator_id == who.operator_id)
    return found.execution_options(synchronize_session=False)


def drop_mine(model: type[M], who: Principal) -> Delete:
    """A delete that touches rows of the principal's operator alone."""
    found = delete(model).where(model.operator_id == who.operator_id)
    return found.execution_options(synchronize_session=False)
