"""What is asked of a provider over HTTP: small JSON answers, in a bounded time, and no redirection followed."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from api.oidc.errors import silent, strange
from api.oidc_settings import OidcSettings

LARGEST_OCTETS = 512 * 1024
"""C: a key set of a hundred RSA keys is under 200 KiB."""

Json = dict[str, Any]


class Fetcher:
    """Asks one provider. Its answers are never logged: they hold tokens."""

    def __init__(self, name: str, settings: OidcSettings) -> None:
        self._name = settings.label or name
        self._timeout_s = settings.timeout_s
        verify = True if settings.ca is None else ssl.create_default_context(cafile=str(settings.ca))
        self._client = httpx.AsyncClient(
            timeout=settings.timeout_s, follow_redirects=False, trust_env=False, verify=verify
        )

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Json:
        """A JSON object; raises `SignInError` for anything else."""
        return (await self._asked("GET", url, headers or {}, None, {200}))[1]

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> tuple[int, Json]:
        """Status and JSON object for a form: 200, or an error of the protocol (RFC 6749 §5.2)."""
        return await self._asked("POST", url, headers, body, {200, 400, 401})

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()

    async def _asked(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, expected: set[int]
    ) -> tuple[int, Json]:
        try:
            async with asyncio.timeout(self._timeout_s):  # httpx's own counts from octet to octet
                status, octets = await self._read(method, url, headers, body)
        except (TimeoutError, httpx.TransportError):
            raise silent(self._name) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise strange(self._name, "HTTP") from None
        if status not in expected:
            raise silent(self._name) if status >= 500 else strange(self._name, f"HTTP {status}")
        try:
            found = json.loads(octets)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise strange(self._name, "JSON")
        return status, found

    async def _read(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> tuple[int, bytes]:
        octets = bytearray()
        accepted = {"Accept": "application/json", **headers}
        async with self._client.stream(method, url, headers=accepted, content=body) as answer:
            async for piece in answer.aiter_bytes():
                octets += piece
                if len(octets) > LARGEST_OCTETS:
                    raise strange(self._name, "size")
            return answer.status_code, bytes(octets)
