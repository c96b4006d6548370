"""The time-series server: ready line protocol through influxdb-client, InfluxQL through httpx."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService

from domain.errors import InvalidValueError
from domain.secret import Secret
from storage.telemetry.errors import TelemetryServerError

WRITE_TIMEOUT_S = 10.0
"""For one request of 5,000 lines (C); then it is sent again."""
QUERY_TIMEOUT_S = 30.0
"""For one question (C)."""


@dataclass(frozen=True, slots=True)
class InfluxServer:
    """Where the server is.

    Attributes:
        url: Its base URL, without credentials.
        org: Organisation.
        bucket: Bucket written.
        token: Token allowed to write and read the bucket.
        database: Database of InfluxQL that is mapped to the bucket (DBRP); the bucket's name by default.
    """

    url: str
    org: str
    bucket: str
    token: Secret
    database: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: its tags, the names of its columns, its rows (instants in microseconds)."""

    tags: Mapping[str, str]
    columns: list[str]
    rows: list[list[Any]]


class InfluxHttp:
    """One server."""

    def __init__(
        self,
        server: InfluxServer,
        *,
        write_timeout_s: float = WRITE_TIMEOUT_S,
        query_timeout_s: float = QUERY_TIMEOUT_S,
    ) -> None:
        if httpx.URL(server.url).userinfo:
            raise InvalidValueError("influx.url", "…", "a URL without credentials: the token is given apart")
        self._server = server
        self._client = InfluxDBClient(
            url=server.url, token=server.token.reveal(), org=server.org, timeout=int(write_timeout_s * 1000)
        )
        self._service = WriteService(self._client.api_client)  # type: ignore[no-untyped-call] # the library is half typed
        self._queries = httpx.AsyncClient(
            base_url=server.url,
            headers={"Authorization": f"Token {server.token.reveal()}", "Accept": "application/json"},
            timeout=query_timeout_s,
            trust_env=False,
        )

    async def close(self) -> None:
        """Release the sockets."""
        self._client.close()  # type: ignore[no-untyped-call] # the library is half typed
        await self._queries.aclose()

    def write(self, body: bytes) -> None:
        """Send gzipped line protocol, instants in microseconds; blocks. Raises `TelemetryServerError`.

        Through influxdb-client's `WriteService`: its `WriteApi` drops ``content_encoding`` and compresses at level 9.
        """
        server = self._server
        try:
            self._service.post_write(  # type: ignore[no-untyped-call] # the library is half typed
                org=server.org,
                bucket=server.bucket,
                body=body,
                precision="us",
                content_encoding="gzip",
                content_type="text/plain; charset=utf-8",
            )
        except ApiException as error:
            headers: Mapping[str, str] = error.headers or {}
            wait = headers.get("Retry-After", "")
            raise TelemetryServerError(
                server.url,
                str(error.body or error.reason or "")[:500],
                int(error.status or 0),
                float(wait) if wait.isdecimal() else None,
            ) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise TelemetryServerError(server.url, type(error).__name__) from error

    async def query(self, text: str) -> list[list[Series]]:
        """Series of each statement of an InfluxQL text. Raises `TelemetryServerError`."""
        server = self._server
        asked = {"db": server.database or server.bucket, "epoch": "u", "q": text}
        try:
            answer = await self._queries.get("/query", params=asked)
        except httpx.HTTPError as error:
            raise TelemetryServerError(server.url, type(error).__name__) from error
        if answer.status_code != httpx.codes.OK:
            raise TelemetryServerError(server.url, answer.text[:500], answer.status_code)
        try:
            results = answer.json()["results"]
        except (ValueError, KeyError, TypeError) as error:
            raise TelemetryServerError(server.url, "not an answer of InfluxQL", answer.status_code) from error
        return [self._series(result) for result in results]

    def _series(self, result: dict[str, Any]) -> list[Series]:
        if "error" in result:
            raise TelemetryServerError(self._server.url, str(result["error"])[:500], int(httpx.codes.OK))
        found = result.get("series", [])
        if result.get("partial") or any(one.get("partial") for one in found):
            raise TelemetryServerError(self._server.url, "cut by max-row-limit", int(httpx.codes.OK))
        return [Series(one.get("tags", {}), one["columns"], one.get("values", [])) for one in found]
