"""A running plant: its clock, its state and its windows, started and stopped together.

Each window is imported when it is opened, so that a command to a running plant does not load SSH and XML libraries.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from domain.clock import WallClock
from domain.identifiers import OntName
from simulators.clock import SharedClock
from simulators.control import ControlServer
from simulators.plant.description import PlantDescription, load
from simulators.plant.plant import Plant
from simulators.scenario import Follower, read

DEMO_PLANT = Path(__file__).parent / "plants" / "demo.yaml"
_ANNOUNCE_S = 10.0  # C: a box on loopback takes milliseconds
ALL_WINDOWS = frozenset({"snmp", "cli", "boxes", "radius", "coa", "traps", "platform", "control"})
LOST_GASPS = 0.2  # C: not every ONT says it, and what is said may be lost

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a plant. Port 0 is a free one.

    Attributes:
        platform_port: The first of the eight of the Internet platform.
        acs_url: Where boxes inform; no box lives without it.
        radius_acct: Where accounting goes; with ``syslog``, or no RADIUS at all.
        syslog: Where the authentication log goes.
        coa_port: Where the BRAS takes Disconnect-Requests; ``None``: it takes none.
        traps: Where the OLT sends its traps; none without it.
        traps_v3: Speaks SNMPv3 there: ``NAME:HASH:PASSWORD`` or ``NAME:HASH:PASSWORD:PRIVACY PASSWORD``.
        informs: Informs instead of traps.
        lost_gasps: Share of the dying gasps that nobody hears.
        clock_path: File of the clock, for followers; ``None`` makes a temporary one.
        rate: Plant seconds in one wall second; ``None`` takes the description's.
        wall_clock: Move the plant's history so that its present is the wall's.
        reply_delay_s: What the SNMP agent waits before it answers.
        advertised_host: Host of the boxes' connection-request addresses, where it is not ``host``.
        windows: Which windows to open.
        scenario: What happens to the plant; its own ``plant`` is not used.
    """

    host: str = "127.0.0.1"
    snmp_port: int = 0
    cli_port: int = 0
    control_port: int = 0
    platform_port: int = 0
    acs_url: str | None = None
    radius_acct: Address | None = None
    syslog: Address | None = None
    coa_port: int | None = None
    traps: Address | None = None
    traps_v3: str = ""
    informs: bool = False
    lost_gasps: float = LOST_GASPS
    clock_path: Path | None = None
    rate: float | None = None
    wall_clock: bool = False
    reply_delay_s: float = 0.0
    advertised_host: str | None = None
    windows: frozenset[str] = ALL_WINDOWS
    scenario: Path | None = None


class Window(Protocol):
    """A way to see the plant. ``port`` is where it listens, on those that do."""

    async def __aenter__(self) -> Any:
        """Open it."""
        ...

    async def __aexit__(self, *error: Any) -> Any:
        """Close it."""
        ...


@dataclass(slots=True)
class RunningPlant:
    """A plant in service.

    Attributes:
        addresses: Host and port of each window that listens (``snmp``, ``cli``, ``control``), and of each part of the
            platform (``radius-status``, ``resolver-1``, ``lns``, ``tcp-25``, ``relay``…).
        windows: The open windows.
    """

    plant: Plant
    clock: SharedClock
    clock_path: Path
    addresses: dict[str, Address] = field(default_factory=dict)
    windows: dict[str, Any] = field(default_factory=dict)
    _open: dict[str, AsyncExitStack] = field(default_factory=dict, repr=False)

    async def close(self, window: str) -> None:
        """Close one window while the others stay: an agent killed, boxes gone. Closing it twice does nothing."""
        stack = self._open.pop(window, None)
        if stack is not None:
            await stack.aclose()

    async def open(self, name: str, window: AbstractAsyncContextManager[Any] | Window, host: str) -> None:
        """Open a window under a name; its address is noted when it listens."""
        stack = AsyncExitStack()
        await stack.enter_async_context(window)
        self._open[name] = stack
        self.windows[name] = window
        port = getattr(window, "port", None)
        if isinstance(port, int):
            self.addresses[name] = (host, port)
        self.addresses.update(getattr(window, "addresses", {}))

    async def announce(self, ont: OntName) -> None:
        """Make a box bootstrap and its session be accounted for at once; returns when both have been heard."""
        fleet, sender = self.windows.get("boxes"), self.windows.get("radius")
        async with asyncio.timeout(_ANNOUNCE_S):
            if fleet is not None:
                await fleet.bootstrap(ont)
                await fleet.wait_informed(ont)
            if sender is not None:
                await sender.announce(ont)

    async def close_all(self) -> None:
        """Close every window, the last opened first."""
        for name in reversed(list(self._open)):
            await self.close(name)


@asynccontextmanager
async def running(
    description: PlantDescription | Path = DEMO_PLANT, options: RunOptions | None = None
) -> AsyncIterator[RunningPlant]:
    """Run a plant and the windows chosen, in this process, while the context lasts."""
    chosen = options or RunOptions()
    if not isinstance(description, PlantDescription):
        description = load(description)
    if chosen.wall_clock:
        description = description.moved_to(WallClock().now())
    rate = description.clock.rate if chosen.rate is None else chosen.rate
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plant-")))
        clock_path = chosen.clock_path or folder / "clock"
        clock = stack.enter_context(_clock(clock_path, description, rate))
        plant = await stack.enter_async_context(Plant(description, clock))
        live = RunningPlant(plant, clock, clock_path)
        stack.push_async_callback(live.close_all)
        for name, make in _makers(live, chosen).items():
            await live.open(name, make(), chosen.host)
        if chosen.scenario is not None:
            await stack.enter_async_context(Follower(read(chosen.scenario), plant))
        yield live


def _clock(path: Path, description: PlantDescription, rate: float) -> SharedClock:
    """The clock of that file where its watcher made one already, else a new one at the description's origin."""
    return SharedClock.adopt(path) if path.exists() else SharedClock.create(path, description.clock.origin, rate)


async def serve(
    description: PlantDescription | Path,
    options: RunOptions,
    announce: Callable[[RunningPlant], None],
    until: Callable[[], Awaitable[object]],
) -> None:
    """Run a plant: ``announce`` it when everything is up, and stop when ``until`` returns."""
    async with running(description, options) as live:
        announce(live)
        await until()


def ready(live: RunningPlant) -> dict[str, Any]:
    """What the starter of a plant needs to know, ready for JSON."""
    return {
        "olt": live.plant.description.olt.name,
        **{name: list(address) for name, address in live.addresses.items()},
        "clock": str(live.clock_path),
        "now": live.clock.now().isoformat(),
        "rate": live.clock.rate,
        "windows": sorted(live.windows),
    }


def _makers(live: RunningPlant, options: RunOptions) -> dict[str, Callable[[], Window]]:
    """How to make each window asked for that has what it needs, in order of opening."""
    makers: dict[str, Callable[[], Window]] = {
        "snmp": lambda: _snmp(live, options),
        "cli": lambda: _cli(live, options),
    }
    if options.radius_acct is not None and options.syslog is not None:
        acct, syslog = options.radius_acct, options.syslog
        makers["radius"] = lambda: _radius(live, acct, syslog)
    if options.coa_port is not None:
        coa_port = options.coa_port
        makers["coa"] = lambda: _coa(live, options, coa_port)
    if options.acs_url is not None:
        acs_url = options.acs_url
        makers["boxes"] = lambda: _boxes(live, options, acs_url)
    if options.traps is not None:
        listener = options.traps
        makers["traps"] = lambda: _traps(live, options, listener)
    makers["platform"] = lambda: _platform(live, options)
    makers["control"] = lambda: ControlServer(
        live.plant, live.clock, options.host, options.control_port, live.announce, live.windows
    )
    if live.plant.description.olt.vendor == "fiberhome_an":
        del makers["cli"]  # no command line of it is known well enough
    return {name: make for name, make in makers.items() if name in options.windows}


def _snmp(live: RunningPlant, options: RunOptions) -> Window:
    from simulators.snmp.agent import SnmpAgent  # noqa: PLC0415

    community = live.plant.description.credentials.snmp_community
    return SnmpAgent(live.plant, options.host, options.snmp_port, community, reply_delay_s=options.reply_delay_s)


def _cli(live: RunningPlant, options: RunOptions) -> Window:
    from simulators.cli_ssh.server import IsamCli  # noqa: PLC0415

    secrets = live.plant.description.credentials
    return IsamCli(live.plant, options.host, options.cli_port, secrets.cli_username, secrets.cli_password)


def _radius(live: RunningPlant, acct: Address, syslog: Address) -> Window:
    from simulators.radius.sender import RadiusSender  # noqa: PLC0415

    return RadiusSender(live.plant, acct=acct, secret=live.plant.description.credentials.radius_secret, syslog=syslog)


def _coa(live: RunningPlant, options: RunOptions, port: int) -> Window:
    from simulators.radius.dynauth import DynamicAuthorization  # noqa: PLC0415

    return DynamicAuthorization(live.plant, options.host, port, live.plant.description.credentials.radius_secret)


def _platform(live: RunningPlant, options: RunOptions) -> Window:
    from simulators.platform.window import Platform  # noqa: PLC0415

    secret = live.plant.description.credentials.radius_secret
    return Platform(live.plant, options.host, secret, options.platform_port)


def _traps(live: RunningPlant, options: RunOptions, listener: Address) -> Window:
    from simulators.snmp.traps import TrapSender  # noqa: PLC0415
    from simulators.snmp.usm_message import V3User  # noqa: PLC0415

    return TrapSender(
        live.plant,
        [(socket.gethostbyname(listener[0]) if ":" not in listener[0] else listener[0], listener[1])],
        live.plant.description.credentials.snmp_community,
        informs=options.informs,
        user=V3User.parse(options.traps_v3) if options.traps_v3 else None,
        lost_gasps=options.lost_gasps,
    )


def _boxes(live: RunningPlant, options: RunOptions, acs_url: str) -> Window:
    from simulators.cwmp_box.fleet import BoxFleet  # noqa: PLC0415

    # Boxes tell an address, as real ones do: an ACS calls no host name.
    advertised = options.advertised_host and socket.gethostbyname(options.advertised_host)
    return BoxFleet(live.plant, options.host, acs_url, advertised_host=advertised)
