"""Two OpenID Connect providers on the loopback: one written by others, and a strict one that can be told to lie."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from api.oidc.attempts import Attempts
from api.oidc.fetching import Fetcher
from api.oidc.provider import Provider
from api.oidc.service import OidcService
from api.oidc_settings import OidcSettings
from api.serve import _listening, _Server
from tests.web import golden
from tests.web.world import World

PUBLIC = "https://sav.test"
CLIENT, SECRET = "esav", "a secret of the client 42"
CAMILLE: dict[str, Any] = {
    "sub": "u-camille",
    "preferred_username": "camille.durand",
    "family_name": "DURAND",
    "given_name": "Camille",
    "email": "camille.durand@operateur.example",
    "email_verified": True,
    "groups": ["sav-n1", "cantine"],
}


class Ticks:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def declared(issuer: str, **changes: Any) -> OidcSettings:
    """The settings of a provider."""
    given: dict[str, Any] = {
        "issuer": issuer,
        "label": "Annuaire",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "operator": golden.OPERATOR,
        "rights": {"sav-n1": ["e-SAV Test"], "sav-n2": ["e-SAV Test", "téléactions"]},
        "accounts": "create",
        "timeout_s": 30.0,
    }
    return OidcSettings(**(given | changes))


@asynccontextmanager
async def signing_in(world: World, settings: OidcSettings, ticks: Ticks | None = None) -> AsyncIterator[OidcService]:
    """The world's service with that provider, under the name « annuaire »."""
    ticks = ticks or Ticks()
    provider = Provider("annuaire", settings, fetcher=Fetcher("annuaire", settings), monotonic=ticks)
    service = OidcService({"annuaire": provider}, world.service.records, world.clock, PUBLIC, Attempts(ticks))
    world.service.oidc = service
    try:
        yield service
    finally:
        await service.close()


@dataclass
class Trip:
    """A browser without scripts on its way through a provider."""

    world: World
    browser: httpx.AsyncClient
    outside: httpx.AsyncClient

    async def to_provider(self, suite: str = "/") -> str:
        """Begin; the address of the provider that the browser is sent to."""
        answer = await self.browser.get("/connexion/oidc/annuaire", params={"suite": suite})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def at_provider(self, address: str, **form: str) -> str:
        """Sign in there; the path that one is sent back to."""
        answer = await self.outside.post(address, data={"sub": "u-camille"} | form)
        assert answer.status_code in {302, 303}, answer.text
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}" == PUBLIC
        return f"{back.path}?{back.query}"

    async def whole(self, suite: str = "/", **form: str) -> httpx.Response:
        """Through the provider and back."""
        return await self.browser.get(await self.at_provider(await self.to_provider(suite), **form))


@asynccontextmanager
async def trip(world: World, language: str = "fr") -> AsyncIterator[Trip]:
    """A new browser."""
    async with world.client(None) as browser, httpx.AsyncClient(trust_env=False) as outside:
        browser.headers["accept-language"] = language
        yield Trip(world, browser, outside)


def query(path: str) -> dict[str, str]:
    """The parameters of an address."""
    return {key: found[0] for key, found in parse_qs(urlsplit(path).query).items()}


@asynccontextmanager
async def foreign_provider(*users: dict[str, Any], port: int = 0) -> AsyncIterator[tuple[str, int, int]]:
    """``oidc-provider-mock`` in a process of its own: its issuer, its port, its process identifier."""
    port = port or free_port()
    claims = [part for user in users for part in ("--user-claims", json.dumps(user))]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--host", "127.0.0.1", *claims),
        env={**os.environ, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async for line in process.stderr:
        if b"running on" in line:
            break
    drain = asyncio.create_task(process.stderr.read())
    try:
        yield f"http://127.0.0.1:{port}", port, process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await drain


def free_port() -> int:
    """A port that nobody listens on."""
    listening = _listening("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    listening.close()
    return port


@dataclass
class Strict:
    """A provider that checks all that it is sent, and whose answers the test may bend.

    Attributes:
        now: Its clock.
        user: What it says of whoever signs in.
        bend: Changes the claims of an ID token before it is signed.
        sign: Signs header and claims; the honest key, RS256.
        documents: Answers in the place of its own, by path.
        seen: The requests that it had, by path.
    """

    issuer: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    user: dict[str, Any] = field(default_factory=lambda: dict(CAMILLE))
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True))
    header: dict[str, Any] = field(default_factory=dict)
    bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[dict[str, Any]], str] | None = None
    documents: dict[str, Callable[[], Response]] = field(default_factory=dict)
    back: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def token(self, claims: dict[str, Any], **header: Any) -> str:
        """A token signed with its key."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid} | self.header | header, claims, self.key)

    def access_token(self, **changes: Any) -> str:
        """An access token for a machine (RFC 9068)."""
        now = int(self.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": "esav-api",
            "sub": "m-robot",
            "client_id": "robot.sav",
            "groups": ["sav-n1"],
            "iat": now,
            "exp": now + 300,
        }
        kind = changes.pop("typ", "at+jwt")
        return self.token({key: value for key, value in (claims | changes).items() if value is not None}, typ=kind)

    def discovery(self) -> dict[str, Any]:
        """Its discovery document."""
        paths = {"authorization": "auth", "token": "token", "userinfo": "userinfo", "end_session": "end"}
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
            **{f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in paths.items()},
        }

    async def auth(self, request: Request) -> Response:
        """Give a code for whoever signs in."""
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer} | self.back
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def exchange(self, request: Request) -> Response:
        """Take a code once, from its client, with its verifier."""
        form = {key: str(value) for key, value in (await request.form()).items()}
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.user}
        claims = self.bend(claims)
        text = self.sign(claims) if self.sign else self.token(claims)
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": text})

    def app(self) -> Starlette:
        """Its HTTP interface."""

        def answering(path: str, otherwise: Callable[[], dict[str, Any]]) -> Route:
            async def answer(_request: Request) -> Response:
                self.seen.append(path)
                bent = self.documents.get(path)
                return bent() if bent else JSONResponse(otherwise())

            return Route(path, answer)

        return Starlette(
            routes=[
                answering("/.well-known/openid-configuration", self.discovery),
                answering("/jwks", lambda: dict(KeySet([self.key]).as_dict(private=False))),
                answering("/userinfo", lambda: self.user),
                Route("/auth", self.auth, methods=["GET", "POST"]),
                Route("/token", self.exchange, methods=["POST"]),
            ]
        )


@asynccontextmanager
async def strict_provider() -> AsyncIterator[Strict]:
    """The strict provider, listening."""
    listening = _listening("127.0.0.1", 0)
    strict = Strict(f"http://127.0.0.1:{listening.getsockname()[1]}")
    server = _Server(uvicorn.Config(strict.app(), log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve([listening]))
    try:
        yield strict
    finally:
        server.should_exit = server.force_exit = True
        await task
        listening.close()
