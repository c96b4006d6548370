"""How the embedded ACS behaves. Every default is an engineering choice unless a clause is named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AcsSettings:
    """Limits of the embedded ACS.

    Attributes:
        body_limit_bytes: Largest request body, and largest inflated body (1 MiB: a whole GetParameterNames of a WAN
            tree is some 100 KB).
        session_timeout_s: A session without a request for that long is released.
        session_cap_s: Longest session, whatever happens in it.
        max_rpcs: Most requests to one box in one session.
        batch: Most names in one GetParameterValues; a box that cannot answer so many is asked half of them (9004).
        cookie_path: Whether the session cookie says ``Path=/``, which some boxes need and others do not accept.
        call_timeout_s: Longest connection request.
    """

    body_limit_bytes: int = 1 << 20
    session_timeout_s: float = 30.0
    session_cap_s: float = 300.0
    max_rpcs: int = 64
    batch: int = 64
    cookie_path: bool = False
    call_timeout_s: float = 10.0
