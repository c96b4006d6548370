"""Settings of the Internet platform's probes (``DIAG_PLATFORM__…``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from domain.platform import ProbeKind, ProbeTarget
from domain.secret import Secret


class PlatformSettings(BaseModel):
    """What is probed. Each place is ``HOST:PORT``; lists and tables are JSON in the environment.

    Attributes:
        radius: RADIUS servers that answer Status-Server, with ``radius_secret``.
        lns: A TCP port of each LNS: opened or refused, either proves that it is there.
        resolvers: Name servers; ``HOST:PORT=ADDRESS`` where boxes know one by another address.
        flows: Servers of the Internet by flow: ``{"tcp_25": "mx.example.net:25"}``.
        relay: SOCKS 5 relay behind the LNS that tries flows in the place of a subscriber, with ``relay_secret``.
        query_name: What resolvers are asked for.
        period_s: Between two rounds.
        patience_s: For one answer, tries included.
    """

    radius: list[str] = []
    radius_secret: SecretStr | None = None
    lns: list[str] = []
    resolvers: list[str] = []
    flows: dict[str, str] = {}
    relay: str | None = None
    relay_secret: SecretStr | None = None
    query_name: str = "."
    period_s: float = Field(default=60.0, ge=5, le=3600)
    patience_s: float = Field(default=1.5, gt=0, le=10)

    @field_validator("radius", "lns", "resolvers")
    @classmethod
    def _places(cls, value: list[str]) -> list[str]:
        for text in value:
            _place(text.partition("=")[0])
        return value

    @field_validator("flows")
    @classmethod
    def _flows(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            protocol, _, port = name.partition("_")
            if protocol != "tcp" or not port.isdecimal():
                raise ValueError("a flow is named tcp_PORT, as in tcp_25")
            _place(text)
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.radius and self.radius_secret is None:
            raise ValueError("radius needs radius_secret")
        if self.relay is not None:
            _place(self.relay)
            if self.relay_secret is None:
                raise ValueError("relay needs relay_secret")
            if not 0 < len(self.relay_secret.get_secret_value().encode()) < 256:
                raise ValueError("relay_secret has 1 to 255 octets (RFC 1929 2)")
        return self

    def targets(self) -> list[ProbeTarget]:
        """What they name, each with its name."""
        secret = None if self.radius_secret is None else Secret(self.radius_secret.get_secret_value())
        found = [*_targets(ProbeKind.RADIUS, self.radius, secret), *_targets(ProbeKind.LNS, self.lns)]
        found += _targets(ProbeKind.RESOLVER, self.resolvers)
        for name, text in self.flows.items():
            host, port = _place(text)
            found.append(ProbeTarget(ProbeKind.FLOW, name, host, port, flow=name))
        return found

    @property
    def relay_place(self) -> tuple[str, int] | None:
        """Host and port of the relay."""
        return None if self.relay is None else _place(self.relay)


def _targets(kind: ProbeKind, texts: Iterable[str], secret: Secret | None = None) -> Iterator[ProbeTarget]:
    for number, text in enumerate(texts, 1):
        place, _, address = text.partition("=")
        host, port = _place(place)
        yield ProbeTarget(kind, f"{kind}-{number}", host, port, secret, address or None)


def _place(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)
