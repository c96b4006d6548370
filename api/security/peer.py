"""Whose address a request comes from: the peer's, or what the trusted proxy says that it was."""

from __future__ import annotations

from fastapi import Request

from api.bootstrap import Service


def peer_of(request: Request) -> str | None:
    """The address at the other end of the connection: the proxy's, behind one."""
    return None if request.client is None else request.client.host


def source_of(request: Request) -> str:
    """Where the request began, for the trace; only the trusted proxy is believed about others."""
    service: Service = request.app.state.service
    peer = peer_of(request)
    if service.client_certificates.trusts(peer):
        told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return told[:45] or peer or "?"  # 45: the longest text of an IPv6 address
    return peer or "?"
