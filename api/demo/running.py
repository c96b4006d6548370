"""A whole service on a simulated plant, provisioned through its own interface: for the demo, tests and benchmarks."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from api.bootstrap import Service, running
from api.demo.plant import DemoPlant, plant
from api.serve import http
from api.settings import Settings
from collectors.platform.flows import Relay
from domain.platform import ProbeKind, ProbeTarget
from domain.principal import Principal, Right
from domain.secret import Secret
from simulators.clock import SharedClock
from simulators.inventory import inventory
from simulators.plant.description import PlantDescription, load
from simulators.run import DEMO_PLANT
from storage.operators import Operator

INFRASTRUCTURE = "OI-DEMO"
OPERATOR = "397480930"
"""Key of the commercial operator, in the form of the certificates' labels."""
OTHER_OPERATOR = "512345678"
PING_TARGET = "203.0.113.1"  # RFC 5737: the plant's boxes try it in their own world
LOOKUP_NAME = "portail.example"
RESOLVERS = {"resolver-1": "192.0.2.53", "resolver-2": "192.0.2.54"}
"""The addresses by which the plant's boxes know its name servers."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo.

    Attributes:
        url: Address of the interface and of the page.
        token: Token of a support account that may see ONT passwords.
        agent_token: Token of an agent who may not.
        stranger_token: Token of another operator's agent.
        inventory_token: Token of the operator's ordering side.
        network_token: Token of the infrastructure operator.
        noc_token: Token of a second account of it, of the NOC.
        sign_in_url: One-time link that opens the page signed in.
        client: HTTP client of the support account.
    """

    url: str
    token: str
    agent_token: str
    stranger_token: str
    inventory_token: str
    network_token: str
    noc_token: str
    sign_in_url: str
    client: httpx.AsyncClient
    service: Service
    plant: DemoPlant
    olt: str


@asynccontextmanager
async def demo_service(
    *,
    port: int = 0,
    control_port: int = 0,
    description_file: Path = DEMO_PLANT,
    reply_delay_ms: float = 0.0,
    firmwares: Path | None = None,
) -> AsyncIterator[Demo]:
    """Start everything, provision the plant's accesses; stops everything with the block."""
    description = load(description_file)
    with tempfile.TemporaryDirectory(prefix="just-fibre-") as name:
        folder = Path(name)
        clock_file = folder / "clock"
        settings = Settings.ephemeral(folder).model_copy(
            update={
                "radius_secret": SecretStr(description.credentials.radius_secret),
                "coa_host": "127.0.0.1",
                "coa_port": free_udp_port(),
                "coa_port25_open": "port25-open",
                "coa_port25_closed": "port25-closed",
                "port": port,
                "firmware_catalogue": firmwares,
                "box_ping_target": PING_TARGET,
                "box_dns_name": LOOKUP_NAME,
            }
        )
        # the plant takes the clock over and moves it: the service follows, so that it hears of jumps
        with SharedClock.create(clock_file, description.clock.origin), SharedClock.follow(clock_file) as clock:
            async with (
                running(settings, clock) as service,
                http(service, settings.host, port) as bound,
                plant(
                    clock,
                    clock_file,
                    acs=f"http://{settings.acs_host}:{service.acs_port}/",
                    radius=(settings.radius_host, service.radius_port),
                    syslog=(settings.syslog_host, service.syslog_port),
                    coa_port=settings.coa_port,
                    traps=(settings.trap_host, service.collection.traps.port),
                    description=description_file,
                    reply_delay_ms=reply_delay_ms,
                    control_port=control_port,
                ) as simulated,
            ):
                watch_platform(service, simulated, description.credentials.radius_secret)
                url = f"http://{settings.host}:{bound}"
                async with httpx.AsyncClient(base_url=url, timeout=30.0) as client:
                    yield await _provisioned(service, simulated, client, description)


def free_udp_port(host: str = "127.0.0.1") -> int:
    """A port that nobody holds: the BRAS of the plant is told to listen where the service will ask."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _provisioned(
    service: Service, simulated: DemoPlant, client: httpx.AsyncClient, description: PlantDescription
) -> Demo:
    tokens = await _tokens(service)
    client.headers["Authorization"] = f"Bearer {tokens['inventory']}"
    records = inventory(description)
    await _provision_network(client, tokens["network"], records, simulated)
    for access in records["accesses"]:
        body = {**access, "place": {"olt": records["olt"]["name"], "ont": access["ont"]}}
        del body["ont"]
        (await client.put(f"/api/v1/accesses/{access['id1']}", json=body)).raise_for_status()
    client.headers["Authorization"] = f"Bearer {tokens['support']}"
    url = str(client.base_url).rstrip("/")
    return Demo(
        url=url,
        token=tokens["support"],
        agent_token=tokens["agent"],
        stranger_token=tokens["stranger"],
        inventory_token=tokens["inventory"],
        network_token=tokens["network"],
        noc_token=tokens["noc"],
        sign_in_url=f"{url}/connexion/{service.codes.draw(tokens['support'])}",
        client=client,
        service=service,
        plant=simulated,
        olt=records["olt"]["name"],
    )


def watch_platform(service: Service, simulated: DemoPlant, secret: str) -> None:
    """Have the service probe the plant's Internet platform: its places are known once it runs."""
    kinds = {"radius": ProbeKind.RADIUS, "resolver": ProbeKind.RESOLVER, "lns": ProbeKind.LNS, "tcp": ProbeKind.FLOW}
    targets: list[ProbeTarget] = []
    for name, (host, port) in simulated.platform.items():
        kind = kinds.get(name.partition("-")[0])
        if kind is not None:
            flow = name.replace("-", "_") if kind is ProbeKind.FLOW else ""
            shared = Secret(secret) if kind is ProbeKind.RADIUS else None
            targets.append(ProbeTarget(kind, name, host, port, shared, RESOLVERS.get(name), flow))
    service.platform.relay = Relay(*simulated.platform["relay"], Secret(secret))
    service.platform.prober.use(targets)


SUPPORT_RIGHTS = {
    *(Right.TEST, Right.ONT_SECRETS, Right.TELEACTION, Right.EXPERT),
    *(Right.SIGNALISATION, Right.FORCING, Right.PORT25),
}


async def _tokens(service: Service) -> dict[str, str]:
    """The accounts of the demo, as `python -m api token` creates them."""
    now = service.clock.now()
    accounts = {
        "network": (INFRASTRUCTURE, {Right.INVENTORY, Right.NOC, Right.TREATMENT}),
        "noc": (INFRASTRUCTURE, {Right.NOC}),
        "inventory": (OPERATOR, {Right.INVENTORY, Right.TEST}),
        "support": (OPERATOR, SUPPORT_RIGHTS),
        "admin": (OPERATOR, {Right.ADMINISTRATOR}),
        "agent": (OPERATOR, {Right.TEST}),
        "stranger": (OTHER_OPERATOR, {Right.TEST, Right.ONT_SECRETS, Right.SIGNALISATION}),
    }
    tokens: dict[str, str] = {}
    for account, (operator, rights) in accounts.items():
        await service.records.operators.put(Operator(operator, operator, operator == INFRASTRUCTURE))
        who = Principal(operator, f"demo.{account}", frozenset(rights))
        tokens[account] = (await service.records.tokens.issue(who, now, timedelta(days=30))).token.reveal()
    return tokens


async def _provision_network(
    client: httpx.AsyncClient, token: str, records: dict[str, Any], simulated: DemoPlant
) -> None:
    olt = dict(records["olt"])
    name = olt.pop("name")
    olt["host"], olt["port"] = simulated.snmp
    olt["cli"] = {**olt["cli"], "host": simulated.cli[0], "port": simulated.cli[1]}
    olt["community"] = olt.pop("snmp")["community"]
    headers = {"Authorization": f"Bearer {token}"}
    (await client.put(f"/api/v1/olts/{name}", json=olt, headers=headers)).raise_for_status()
    rows = records["outside_plant"]
    (await client.put(f"/api/v1/olts/{name}/outside-plant", json=rows, headers=headers)).raise_for_status()
