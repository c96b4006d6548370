"""A box as CWMP shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.identifiers import DeviceId, Id1
from domain.metric import Readings
from domain.secret import Secret
from domain.states import BootCause

STARTS: Final = frozenset({"0 BOOTSTRAP", "1 BOOT"})
"""Events of which one at least tells that a box started (TR-069 3.7.1.5)."""


def boot_cause(events: Iterable[str]) -> BootCause | None:
    """Why a box started, from the events that it tells together; ``None`` when it tells of no start."""
    told = frozenset(events)
    if told.isdisjoint(STARTS):
        return None
    if "0 BOOTSTRAP" in told:
        return BootCause.FACTORY_RESET
    if not told.isdisjoint({"M Download", "7 TRANSFER COMPLETE"}):
        return BootCause.FIRMWARE
    return BootCause.ORDERED if "M Reboot" in told else BootCause.LOCAL


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """How to ask the box for a session (TR-069 3.2.2): the URL that it reported itself, and digest credentials."""

    url: str
    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Inform:
    """One Inform of a box.

    Attributes:
        device: Who sends it, as it claims.
        events: Event codes, ``0 BOOTSTRAP``, ``2 PERIODIC`` …
        command_keys: CommandKey of each event, in the same order; empty where the box gave none.
        at: When the ACS received it.
        parameters: Its ParameterList, names as the box speaks them, values as text (``None`` where it sent none).
        cwmp_namespace: Namespace the box uses.
        retry_count: RetryCount of the Inform.
        product_class: ProductClass of the DeviceId.
        manufacturer: Manufacturer of the DeviceId.
    """

    device: DeviceId
    events: tuple[str, ...]
    at: datetime
    parameters: Mapping[str, str | None] = field(repr=False, default_factory=dict)
    cwmp_namespace: str = "urn:dslforum-org:cwmp-1-0"
    retry_count: int = 0
    product_class: str = ""
    manufacturer: str = ""
    command_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownBox:
    """A box that belongs to an access, with what is needed to talk to it.

    Attributes:
        operator_id: The operator of the access.
        id1: The access.
        device: Its identity.
        connection: How to reach it; ``None`` until it has informed once.
        readings: Its last values, quality ``stored``; empty where only its identity was asked for.
        secured: Whether it has proved its own secret to the ACS, and was not accepted with a shared one since.
        generation: Of its secret: earlier ones, from before a reset or of who came in its place, open nothing.
        offers: How often the present one was offered to who came with a shared secret; 2 for more than once.
        given: The last generation that anybody was given in its name (`domain.box_trust`).
        open_until: Until when it may come with a shared secret though it is secured.
        mark: Of the shared secret that it last came with; ``None``: it never did.
    """

    operator_id: str
    id1: Id1
    device: DeviceId
    connection: ConnectionRequest | None = None
    readings: Readings = field(default_factory=Readings)
    secured: bool = False
    generation: int = 0
    offers: int = 0
    given: int = 0
    open_until: datetime | None = None
    mark: str | None = None
