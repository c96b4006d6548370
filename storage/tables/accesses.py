"""Accesses and the boxes behind them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, MaybeOwned, Owned


class AccessRow(Owned, Base):
    """An access. One ONT, one box and one PPP identifier serve one access. ``ppp_username`` is a secret."""

    __tablename__ = "access"
    __table_args__ = (
        UniqueConstraint("operator_id", "id1"),  # what the rows of an access refer to: never another operator's
        UniqueConstraint("olt", "ont"),
        UniqueConstraint("box_oui", "box_serial"),
        UniqueConstraint("ppp_username"),
    )

    id1: Mapped[str] = mapped_column(String(9), primary_key=True)
    id2: Mapped[str | None] = mapped_column(String(14))
    offer_label: Mapped[str] = mapped_column(String(200))
    service_type: Mapped[str] = mapped_column(String(32))
    olt: Mapped[str | None] = mapped_column(String(64), ForeignKey("olt.name"))
    ont: Mapped[str | None] = mapped_column(String(40))
    optical_class: Mapped[str] = mapped_column(String(8))
    box_oui: Mapped[str | None] = mapped_column(String(6))
    box_serial: Mapped[str | None] = mapped_column(String(64))
    ppp_username: Mapped[str | None] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16), server_default="actif")
    gtr: Mapped[bool] = mapped_column(server_default=false())
    zone: Mapped[str] = mapped_column(String(16), server_default="metropole")
    ont_serial: Mapped[str | None] = mapped_column(String(16))
    building: Mapped[str | None] = mapped_column(Text)
    port25: Mapped[str] = mapped_column(String(8), server_default="closed")
    opened_at: Mapped[datetime | None]
    terminated_at: Mapped[datetime | None]


class AccessEventRow(Owned, Base):
    """Something that happened to an access: what it was and what it became, as JSON without secrets."""

    __tablename__ = "access_event"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        Index(None, "operator_id", "id1"),
    )

    event_id: Mapped[int] = mapped_column(primary_key=True)
    id1: Mapped[str] = mapped_column(String(9))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(100))
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)


class PlannedWorkRow(Owned, Base):
    """Works announced on an access of the operator, or on an OLT of his: then on a PON, PM or PBO of it, or on all."""

    __tablename__ = "planned_work"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        Index(None, "operator_id", "ends_at"),
        Index(None, "olt", "ends_at"),
    )

    work_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    label: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    id1: Mapped[str | None] = mapped_column(String(9))
    olt: Mapped[str | None] = mapped_column(String(64), ForeignKey("olt.name"))
    pon: Mapped[str | None] = mapped_column(String(32))
    pm: Mapped[str | None] = mapped_column(String(200))
    pbo: Mapped[str | None] = mapped_column(String(200))
    cancelled_at: Mapped[datetime | None]


class BoxRow(Owned, Base):
    """A box that has spoken, for the access it then belonged to.

    ``readings`` are JSON; ``informed`` those of its last Inform, apart so that an Inform rewrites them unread.
    ``shared_secret`` is the mark of the shared secret that it last came with; ``offers`` and ``given`` are
    those of `domain.box`.
    """

    __tablename__ = "box"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),)

    oui: Mapped[str] = mapped_column(String(6), primary_key=True)
    serial: Mapped[str] = mapped_column(String(64), primary_key=True)
    id1: Mapped[str] = mapped_column(String(9))
    connection_url: Mapped[str | None] = mapped_column(String(1024))
    last_inform_at: Mapped[datetime | None]
    bootstrapped_at: Mapped[datetime | None]
    product_class: Mapped[str] = mapped_column(String(64))
    manufacturer: Mapped[str] = mapped_column(String(64))
    cwmp_namespace: Mapped[str] = mapped_column(String(64))
    readings: Mapped[str] = mapped_column(Text)
    informed: Mapped[str] = mapped_column(Text, server_default="{}")
    secured_at: Mapped[datetime | None]
    generation: Mapped[int] = mapped_column(server_default="0")
    offers: Mapped[int] = mapped_column(server_default="0")
    given: Mapped[int] = mapped_column(server_default="0")
    open_until: Mapped[datetime | None]
    shared_secret: Mapped[str | None] = mapped_column(String(16))


class BoxEventRow(Owned, Base):
    """Something that a box announced: a start, a transfer, a diagnostic."""

    __tablename__ = "box_event"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        Index(None, "at"),
    )

    oui: Mapped[str] = mapped_column(String(6), primary_key=True)
    serial: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    command_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    id1: Mapped[str] = mapped_column(String(9))
    fault_code: Mapped[int]
    fault_text: Mapped[str] = mapped_column(String(256))


class BoxParametersRow(Owned, Base):
    """The parameters of a box as it names them: zlib-compressed JSON, never read at an Inform."""

    __tablename__ = "box_parameters"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),)

    oui: Mapped[str] = mapped_column(String(6), primary_key=True)
    serial: Mapped[str] = mapped_column(String(64), primary_key=True)
    id1: Mapped[str] = mapped_column(String(9))
    at: Mapped[datetime]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class ParkedBoxRow(MaybeOwned, Base):
    """A box that belongs to no access yet, so to no operator."""

    __tablename__ = "parked_box"

    oui: Mapped[str] = mapped_column(String(6), primary_key=True)
    serial: Mapped[str] = mapped_column(String(64), primary_key=True)
    product_class: Mapped[str] = mapped_column(String(64))
    manufacturer: Mapped[str] = mapped_column(String(64))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    informs: Mapped[int]
