"""The RADIUS accounting listener: a request is answered once its event is kept, never before (RFC 2866 2)."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from collectors.boxes.once import LogOnce
from collectors.sessions.accounting import Accounting, BadPacketError, PacketKind, load_dictionary, read_accounting
from collectors.sessions.batcher import Batcher
from collectors.sessions.sockets import widen
from domain.clock import Clock
from domain.ports import SessionStore
from domain.secret import Secret

Address = tuple[str, int]


@dataclass(slots=True)
class AccountingStats:
    """What the listener saw since it started.

    Attributes:
        received: Datagrams.
        kept: Events that the store accepted.
        answered: Accounting-Responses sent.
        nas_restarts: Accounting-On and Accounting-Off.
        malformed: Datagrams that are no accounting request.
        forged: Requests whose authenticator is wrong.
        strangers: Datagrams of clients without secret.
        unusable: Requests without user, session or status.
        dropped: Requests refused because too many wait; their client sends them again.
        store_errors: Batches that the store refused; their clients send them again.
    """

    received: int = 0
    kept: int = 0
    answered: int = 0
    nas_restarts: int = 0
    malformed: int = 0
    forged: int = 0
    strangers: int = 0
    unusable: int = 0
    dropped: int = 0
    store_errors: int = 0


class ClientSecrets:
    """The shared secret of each client.

    Args:
        secrets: One secret for all, or secrets by address or network of the client; the longest prefix wins.
    """

    def __init__(self, secrets: Secret | Mapping[str, Secret]) -> None:
        table = {"0.0.0.0/0": secrets, "::/0": secrets} if isinstance(secrets, Secret) else secrets
        networks = [(ipaddress.ip_network(text), secret.reveal().encode()) for text, secret in table.items()]
        self._networks = sorted(networks, key=lambda item: item[0].prefixlen, reverse=True)

    def of(self, host: str) -> bytes | None:
        """The secret of a client, ``None`` for a stranger."""
        address = ipaddress.ip_address(host.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        return next((s for n, s in self._networks if n.version == address.version and address in n), None)


class AccountingListener(asyncio.DatagramProtocol):
    """Receives accounting on UDP while the context lasts.

    Args:
        store: Where events go.
        clock: Gives the instant of arrival.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        secret: The clients' secrets.
    """

    def __init__(
        self, store: SessionStore, clock: Clock, host: str, port: int, secret: Secret | Mapping[str, Secret]
    ) -> None:
        self.stats = AccountingStats()
        self._store = store
        self._clock = clock
        self._address = (host, port)
        self._secrets = ClientSecrets(secret)
        self._dictionary = load_dictionary()
        self._batcher: Batcher[tuple[Accounting, Address]] = Batcher(self._keep)
        self._transport: asyncio.DatagramTransport | None = None
        self._log = LogOnce("radius")

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._transport is None:
            raise RuntimeError("the listener is not started")
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    async def __aenter__(self) -> Self:
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=self._address
        )
        widen(self._transport)
        self._batcher.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._batcher.stop()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """One datagram."""
        self.stats.received += 1
        secret = self._secrets.of(addr[0])
        if secret is None:
            self.stats.strangers += 1
            self._log("accounting_from_a_stranger", client=addr[0])
            return
        try:
            accounting = read_accounting(data, secret, self._dictionary, self._clock.now())
        except BadPacketError as error:
            setattr(self.stats, error.kind, getattr(self.stats, error.kind) + 1)
            self._log(f"accounting_{error.kind}", client=addr[0])
            return
        if not self._batcher.put((accounting, addr)):
            self.stats.dropped += 1
            self._log("accounting_queue_full")

    def error_received(self, exc: Exception) -> None:
        """A client is gone: its answer is lost, it will ask again."""
        self._log("accounting_answer_lost", error=type(exc).__name__)

    async def _keep(self, batch: Sequence[tuple[Accounting, Address]]) -> None:
        events = [accounting.event for accounting, _ in batch if accounting.event is not None]
        unique = list(dict.fromkeys(events))
        try:
            if unique:
                await self._store.accounted(unique)
        except Exception as error:  # noqa: BLE001 - whatever the store raises, the clients send again
            self.stats.store_errors += 1
            self._log("accounting_not_kept", error=type(error).__name__)
            return
        self.stats.kept += len(unique)
        for accounting, client in batch:
            if accounting.kind is PacketKind.NAS_RESTART:
                self.stats.nas_restarts += 1
                self._log("nas_restarted", client=client[0])
            if self._transport is not None:
                self._transport.sendto(accounting.reply, client)
                self.stats.answered += 1
