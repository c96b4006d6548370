"""Counters of the embedded ACS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class AcsStats:
    """What the ACS saw since it started; every counter only grows, but for ``open_sessions``.

    Attributes:
        informs: Informs received.
        strangers: Informs of boxes that belong to no access.
        unauthenticated: Informs answered by a 401.
        refused_secrets: Of these, those of boxes of accesses that proved a secret which does not open them.
        former_secrets: Informs taken with the former shared secret.
        readmitted: Boxes that had spoken before and were let in with a shared secret.
        open_sessions: Sessions that live now.
        completed: Sessions ended by our 204.
        expired: Sessions released because the box went away.
        superseded: Sessions replaced by a new Inform of the same box.
        orphans: Requests that belong to no session.
        rpcs: Requests sent to boxes.
        faults: Fault envelopes received.
        unexpected: Answers to something that was not asked.
        malformed: Bodies that are no CWMP envelope.
        doctypes: Bodies refused because they declare a document type.
        oversized: Bodies above the limit, plain or inflated.
        store_errors: Requests that failed because the store did.
        calls: Connection requests sent.
        calls_udp: Of these, those sent over UDP, behind a NAT.
        calls_failed: Connection requests that were not accepted.
    """

    informs: int = 0
    strangers: int = 0
    unauthenticated: int = 0
    refused_secrets: int = 0
    former_secrets: int = 0
    readmitted: int = 0
    open_sessions: int = 0
    completed: int = 0
    expired: int = 0
    superseded: int = 0
    orphans: int = 0
    rpcs: int = 0
    faults: int = 0
    unexpected: int = 0
    malformed: int = 0
    doctypes: int = 0
    oversized: int = 0
    store_errors: int = 0
    calls: int = 0
    calls_udp: int = 0
    calls_failed: int = 0
