"""The connection request (TR-069 3.2.2): a GET with digest to the URL that the box reported, and to nothing else.

A box chooses its own URL, so the URL is hostile input: only plain HTTP (the standard allows no other), only an address
literal inside the allowed networks, no redirect, no proxy of the environment, no cookie kept, no endless body read.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import ssl
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import httpx

from domain.box import ConnectionRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_BODY_READ_BYTES = 16_384  # more than any page of a 401; reading it lets the digest reuse the connection
_DROPPED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)
_NONSENSE = (ValueError, KeyError, NotImplementedError)  # httpx on a digest challenge that makes no sense


class CallResult(StrEnum):
    """How a connection request ended."""

    ACCEPTED = "accepted"  # 200 or 204: the Inform follows
    BUSY = "busy"  # 503: in a session already, or rate-limited
    UNAUTHORISED = "unauthorised"  # 401 or 403 with our credentials
    REFUSED = "refused"  # TCP refused, or another HTTP status
    UNREACHABLE = "unreachable"  # no route
    FORBIDDEN = "forbidden"  # a URL that we do not call
    SILENT = "silent"  # no answer in time
    DATAGRAM = "datagram"  # called over UDP behind its NAT: nothing acknowledges it, the Inform follows or does not
    CANCELLED = "cancelled"  # we are closing: nothing can be said of the box


def networks(text: str) -> tuple[Network, ...]:
    """Networks of a comma-separated list, such as ``10.0.0.0/8, 2001:db8::/32``."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_callable(url: str, allowed: Iterable[Network]) -> bool:
    """Whether a reported URL may be called."""
    try:
        parsed = httpx.URL(url)
        address = ipaddress.ip_address(parsed.host)
    except (httpx.InvalidURL, ValueError):
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    inside = any(address.version == network.version and address in network for network in allowed)
    return parsed.scheme == "http" and not parsed.userinfo and inside


class ConnectionRequester:
    """Sends connection requests.

    Args:
        allowed: Networks in which boxes may be called.
        timeout_s: Longest wait for each step of one request.
        basic: Whether a box that knows no digest is given its password in clear.
    """

    def __init__(self, allowed: Sequence[Network], timeout_s: float = 10.0, *, basic: bool = False) -> None:
        self._basic = basic
        self._allowed = tuple(allowed)
        self._timeout = httpx.Timeout(timeout_s).as_dict()
        self._timeout_s = timeout_s
        self._no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used: saves loading the CA bundle

    async def call(self, connection: ConnectionRequest) -> CallResult:
        """Ask for a session; one retry on a dropped connection. Never raises for what the box does."""
        if not is_callable(connection.url, self._allowed):
            return CallResult.FORBIDDEN
        try:
            async with asyncio.timeout(self._timeout_s):
                return _result(await self._get_twice(connection))
        except (TimeoutError, httpx.TimeoutException):
            return CallResult.SILENT
        except httpx.ConnectError as error:
            return CallResult.REFUSED if _was_refused(error) else CallResult.UNREACHABLE
        except (httpx.HTTPError, *_NONSENSE):
            return CallResult.REFUSED

    async def _get_twice(self, connection: ConnectionRequest) -> int:
        try:
            return await self._get(connection)
        except _DROPPED:
            return await self._get(connection)

    async def _get(self, connection: ConnectionRequest) -> int:
        """The status of the answer to our credentials."""
        request = httpx.Request("GET", connection.url, extensions={"timeout": self._timeout})
        flow = httpx.DigestAuth(connection.username, connection.password.reveal()).auth_flow(request)
        async with httpx.AsyncHTTPTransport(verify=self._no_tls, trust_env=False) as transport:
            sent = next(flow)
            while True:
                response = await transport.handle_async_request(sent)
                response.request = sent
                await _drain(response)
                if self._basic and _wants_basic(response) and "authorization" not in sent.headers:
                    flow = httpx.BasicAuth(connection.username, connection.password.reveal()).auth_flow(request)
                    sent = next(flow)
                    continue
                try:
                    sent = flow.send(response)
                except StopIteration:
                    return response.status_code


def _wants_basic(response: httpx.Response) -> bool:
    """Whether a box asks for basic authentication and offers nothing better."""
    offers = [offer.strip().lower() for offer in response.headers.get_list("www-authenticate")]
    return (
        response.status_code == 401
        and any(offer.startswith("basic") for offer in offers)
        and not any("digest" in offer for offer in offers)
    )


async def _drain(response: httpx.Response) -> None:
    """Read a short body, so that the connection can serve again; drop a long one."""
    received = 0
    try:
        async for chunk in response.aiter_raw():
            received += len(chunk)
            if received > _BODY_READ_BYTES:
                break
    finally:
        await response.aclose()


def _result(status: int) -> CallResult:
    if 200 <= status < 300:
        return CallResult.ACCEPTED
    if status in (401, 403):
        return CallResult.UNAUTHORISED
    return CallResult.BUSY if status == 503 else CallResult.REFUSED


def _was_refused(error: BaseException) -> bool:
    refused = {errno.ECONNREFUSED, errno.ECONNRESET}
    return any(isinstance(cause, OSError) and cause.errno in refused for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(8):  # chains are short; a bound forbids a loop
        if error is None:
            return
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__
