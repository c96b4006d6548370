"""Delivers the outbox to the operators' systems: signed, in order per access, retried for 24 h, then a dead letter.

Delivery is at least once; the event's identifier stays the same, so that its effect is once. Signatures follow
Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body``.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import structlog

from api.clock import Time
from api.services.announcing import announcement
from api.services.backing_off import doubled
from api.tmf.kernel.notifying import asked_for, listener
from domain.announcement import AnnouncementKind
from domain.errors import ConflictError, InvalidValueError
from domain.principal import Principal, Right
from domain.secret import Secret
from storage.announcing import PENDING
from storage.webhooks import DEAD, DELIVERED, Delivery, Webhook, Webhooks

_log = structlog.get_logger(__name__)

TIMEOUT_S = 10.0  # C: a receiver that accepts an event does so at once
AT_ONCE = 8  # C: lanes of one webhook delivered together
LOOKED_AT = 500  # C: a webhook with more lanes in trouble than that delays the others
LOOK_EVERY = timedelta(seconds=2)
"""C: how long after its writing an event is sent at the latest, on the clock in force."""

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=5), timedelta(minutes=30)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(slots=True)
class WebhookStats:
    """Attempts since the start."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


MOST_WEBHOOKS = 50
"""Webhooks and hubs in use of an operator (C): each event is written once for each."""


def delay_after(attempts: int) -> timedelta:
    """Wait after that many failed attempts: 5 s, doubled each time, 30 min at most."""
    return doubled(attempts, FIRST_DELAY, LONGEST_DELAY)


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the base64 HMAC-SHA256 of ``id.timestamp.body`` under a base64 key."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(base64.b64decode(secret), signed, hashlib.sha256).digest()).decode()


_HOST = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
_PORT = r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
_REST = r"([/?][\x21\x22\x24-\x7e]*)?"
ADDRESS_FORM = f"^https://{_HOST}{_PORT}{_REST}$"
"""What clients are told of addresses; IPv6 ones are taken too."""
_ADDRESS = re.compile(rf"https?://({_HOST}|\[[0-9A-Fa-f:.]+\]){_PORT}{_REST}")


def checked_url(url: str, *, insecure: bool) -> str:
    """The address of a webhook; raises `InvalidValueError` for one that is not HTTPS, or carries a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidValueError("url", url, "an HTTPS address") from None
    schemes = {"https", "http"} if insecure else {"https"}
    if parts.scheme not in schemes or not parts.hostname or port == 0 or not _ADDRESS.fullmatch(url):
        raise InvalidValueError("url", f"{parts.scheme}://{parts.hostname or ''}", "an HTTPS address")
    return url


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


def public(address: str) -> bool:
    """Whether an address is on the Internet: not ours, not the machine's, not a link's."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast


class WebhookService:
    """Webhooks of an operator: kept by its administrator."""

    def __init__(self, webhooks: Webhooks, clock: Time, *, insecure: bool) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._insecure = insecure

    async def add(
        self, who: Principal, url: str, kinds: frozenset[AnnouncementKind] | None, query: str | None = None
    ) -> Webhook:
        """A new webhook, or hub with a query of its own; its secret is shown once."""
        who.require(Right.ADMINISTRATOR)
        if sum(one.disabled_at is None for one in await self._webhooks.list(who)) >= MOST_WEBHOOKS:
            raise ConflictError("webhook", url, "your operator has as many webhooks and hubs as it may")
        webhook = Webhook(
            operator_id=who.operator_id,
            webhook_id=uuid4().hex,
            url=checked_url(url, insecure=self._insecure),
            secret=_drawn(),
            key_id=secrets.token_hex(4),
            kinds=kinds,
            created_at=self._clock.now(),
            query=query,
        )
        await self._webhooks.add(who, webhook)
        return webhook

    async def list(self, who: Principal) -> list[Webhook]:
        """The webhooks of the operator."""
        who.require(Right.ADMINISTRATOR)
        return await self._webhooks.list(who)

    async def rotate(self, who: Principal, webhook_id: str) -> Webhook:
        """Another secret under another key identifier; the former signs nothing more."""
        await self._live(who, webhook_id)
        await self._webhooks.change(who, webhook_id, {"secret": _drawn().reveal(), "key_id": secrets.token_hex(4)})
        return await self._webhooks.get(who, webhook_id)

    async def disable(self, who: Principal, webhook_id: str) -> None:
        """Send nothing more there; what was not delivered stays visible."""
        who.require(Right.ADMINISTRATOR)
        await self._webhooks.change(who, webhook_id, {"disabled_at": self._clock.now()})

    async def test(self, who: Principal, webhook_id: str) -> None:
        """Send a test event to that webhook, whatever it asked to be told of."""
        await self._live(who, webhook_id)
        event = announcement(AnnouncementKind.TEST, "test", self._clock.now(), {"webhook": webhook_id})
        await self._webhooks.announce(who, [event], only=webhook_id)

    async def _live(self, who: Principal, webhook_id: str) -> None:
        who.require(Right.ADMINISTRATOR)
        if (await self._webhooks.get(who, webhook_id)).disabled_at is not None:
            raise ConflictError("webhook", webhook_id, "it was disabled: it sends nothing more")

    async def deliveries(
        self, who: Principal, webhook_id: str, state: str | None, before: int | None, limit: int
    ) -> Sequence[Delivery]:
        """What was, is and could not be delivered, newest first."""
        who.require(Right.ADMINISTRATOR)
        return await self._webhooks.deliveries(who, webhook_id, state, before, limit)

    async def replay(self, who: Principal, webhook_id: str, delivery_id: int | None) -> int:
        """Deliver again: one delivery, or every dead letter; returns how many."""
        who.require(Right.ADMINISTRATOR)
        return await self._webhooks.replay(who, webhook_id, self._clock.now(), delivery_id=delivery_id)


class WebhookSender:
    """Sends what is due. One lane of a webhook is never sent out of order, and never twice at a time."""

    def __init__(self, webhooks: Webhooks, clock: Time, *, insecure: bool, resolver: Resolve = resolve) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._insecure = insecure
        self._resolve = resolver
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)
        self._at_work: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.stats = WebhookStats()

    async def run(self) -> None:
        """Send for ever: a slow receiver delays nobody but itself."""
        try:
            while True:
                try:
                    await self._start()
                except Exception as error:  # noqa: BLE001 - the boundary: the outbox keeps it all, the next round goes on
                    _log.error("webhooks failed", error=type(error).__name__, exc_info=error)
                pause = asyncio.create_task(self._clock.until(self._clock.now() + LOOK_EVERY))
                try:
                    await asyncio.wait({pause, *self._at_work.values()}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    pause.cancel()
        finally:
            for task in self._at_work.values():
                task.cancel()
            await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    async def once(self) -> int:
        """Send the first event that is due of each lane, to its end; returns how many were begun."""
        begun = await self._start()
        await asyncio.gather(*self._at_work.values())
        return begun

    async def _start(self) -> int:
        """Begin what is due and not being sent, a few of each webhook."""
        per_webhook = Counter(webhook_id for webhook_id, _ in self._at_work)
        begun = 0
        for webhook, delivery in await self._webhooks.due(self._clock.now(), LOOKED_AT):
            key = webhook.webhook_id, delivery.lane
            if key in self._at_work or per_webhook[webhook.webhook_id] >= AT_ONCE:
                continue
            per_webhook[webhook.webhook_id] += 1
            begun += 1
            task = asyncio.create_task(self._deliver(webhook, delivery), name=f"webhook {delivery.delivery_id}")
            self._at_work[key] = task
            task.add_done_callback(partial(self._done, key))
        return begun

    def _done(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        self._at_work.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("webhook failed", webhook=key[0], error=type(error).__name__, exc_info=error)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def _deliver(self, webhook: Webhook, delivery: Delivery) -> None:
        try:
            status, error = await self._post(webhook, delivery)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the event waits for its turn: it is not due at once again
            _log.error("webhook failed", webhook=webhook.webhook_id, error=type(failure).__name__, exc_info=failure)
            status, error = None, type(failure).__name__
        at = self._clock.now()
        if error is None:
            self.stats.delivered += 1
            await self._webhooks.tried(delivery, at, state=DELIVERED, next_at=at, status=status, error=None)
            return
        next_at = at + delay_after(delivery.attempts + 1)
        dead = next_at > delivery.give_up_at
        self.stats.failed += 1
        self.stats.dead += dead
        if dead:
            _log.warning("webhook given up", webhook=webhook.webhook_id, event_id=delivery.event_id, why=error)
        state = DEAD if dead else PENDING
        await self._webhooks.tried(delivery, at, state=state, next_at=next_at, status=status, error=error)

    async def _post(self, webhook: Webhook, delivery: Delivery) -> tuple[int | None, str | None]:
        """HTTP status and the reason of a failure, a stable word; ``None`` where the event was accepted.

        A hub whose query lets the event not through counts as having had it: its lane goes on.
        """
        if delivery.kind.hub and not asked_for(webhook.query, delivery.payload):
            return None, None
        url = listener(webhook.url, delivery.payload) if delivery.kind.hub else webhook.url
        body, timestamp = delivery.payload.encode(), int(self._clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": delivery.event_id,
            "Webhook-Timestamp": str(timestamp),
            "Webhook-Key-Id": webhook.key_id,
            "Webhook-Signature": signature(webhook.secret.reveal(), delivery.event_id, timestamp, body),
            "Webhook-Attempt": str(delivery.attempts + 1),
        }
        try:
            async with asyncio.timeout(TIMEOUT_S):  # httpx counts silences, not the whole
                if not self._insecure and not await self._allowed(webhook.url):
                    return None, "private address"
                answer = await self._client.post(url, content=body, headers=headers)
        except TimeoutError:
            return None, "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return None, "timeout" if isinstance(error, httpx.TimeoutException) else type(error).__name__
        return answer.status_code, None if answer.is_success else f"HTTP {answer.status_code}"

    async def _allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        addresses = await self._resolve(parts.hostname or "", parts.port or 443)
        return bool(addresses) and all(public(address) for address in addresses)


def _drawn() -> Secret:
    return Secret(base64.b64encode(secrets.token_bytes(32)).decode())
