"""How the embedded ACS behaves. Every default is an engineering choice unless a clause is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.secret import Secret


class AuthMode(StrEnum):
    """How a box proves who it is; a park goes from ``off`` to ``required`` through ``bootstrap``."""

    OFF = "off"  # nothing is asked; boxes are given their own secret all the same
    BOOTSTRAP = "bootstrap"  # its own secret, or the shared one at any time
    REQUIRED = "required"  # its own secret; the shared one only until it has proved its own once


@dataclass(frozen=True, slots=True)
class AcsSettings:
    """Limits of the embedded ACS.

    Attributes:
        body_limit_bytes: Largest request body, and largest inflated body (4 MiB: the whole tree of a box is some 2 MB).
        session_timeout_s: A session without a request for that long is released.
        session_cap_s: Longest session, whatever happens in it.
        max_rpcs: Most requests to one box in one session.
        batch: Most names in one GetParameterValues; a box that cannot answer so many is asked half of them (9004).
        cookie_path: Whether the session cookie says ``Path=/``, which some boxes need and others do not accept.
        call_timeout_s: Longest connection request.
        call_basic: Whether a box that knows no digest is called with basic, its password in clear.
        call_retry_s: First delay before a box that did not answer is called again; it doubles (TR-069 3.2.1.1).
        call_retry_cap_s: Longest such delay.
        diagnostic_poll_s: A box that does not tell the end of a test is asked after that time, then twice as long …
        auth: How boxes prove who they are, see `collectors.boxes.authentication`.
        bootstrap: Secret of boxes that have none of their own yet; ``None``: there is none.
        bootstrap_username: Its user name.
        former: The shared secret before it, which boxes made before keep for their factory settings.
        former_until: Until when it is good, by the clock of the observed world.
        readmit_s: How long a box that was reset may come again with a shared secret: longer than the longest wait
            between two of its tries (5,120 s, TR-069 3.2.1.1).
        inform_interval_s: PeriodicInformInterval that a box is given at its first contact; ``None``: it keeps its own.
        stun: Address and UDP port of our STUN server, as boxes reach it; ``None``: boxes behind NAT are not called.
        nonce_life_s: A digest challenge is good for that long.
    """

    body_limit_bytes: int = 4 << 20
    session_timeout_s: float = 30.0
    session_cap_s: float = 300.0
    max_rpcs: int = 64
    batch: int = 128
    cookie_path: bool = False
    call_timeout_s: float = 10.0
    call_basic: bool = False
    call_retry_s: float = 5.0
    call_retry_cap_s: float = 320.0
    diagnostic_poll_s: float = 20.0
    auth: AuthMode = AuthMode.OFF
    bootstrap: Secret | None = None
    bootstrap_username: str = "bootstrap"
    former: Secret | None = None
    former_until: datetime | None = None
    readmit_s: float = 7_200.0
    inform_interval_s: int | None = None
    stun: tuple[str, int] | None = None
    nonce_life_s: float = 300.0
