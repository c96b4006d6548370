"""A new OLT: is it reached, what is it, what does it give, what may it be asked, and what hangs from it.

The judgements (`software`, `capabilities`, `propose`) are pure; `onboard` does the asking, gently: it comes first.
"""

from __future__ import annotations

import asyncio
import math
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions, Dialect
from collectors.driving.agents import agent_of
from collectors.inspection import check_vendor, find_version, inspect, probe
from collectors.load import LoadContract
from collectors.register import Site, driver
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.legacy import Legacy
from collectors.snmp.values import Agent, Kind
from domain.clock import Clock
from domain.errors import CollectionError, DeviceTimeoutError
from domain.metric import Metric, Readings, all_metrics
from domain.metrics.olt import OLT_DESCR, OLT_SOFTWARE
from domain.metrics.ont import ONT_OPER
from domain.olt import CliAccess, OltTarget, OltWalk
from domain.reading import Reason
from domain.states import Oper

AUTO = "auto"
"""In the place of a vendor's key: recognise it."""

_SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_ALONE = 8  # C: requests sent one after the other, to know the round trip
_TOGETHER = 12  # requests sent at once: the most that ever helped an OLT (design 4: worse beyond 12 in flight)
_SHARE = 0.5  # C: of what it showed that it can answer, the rest is left to the OLT's other users
_FASTEST_PDUS_S, _SLOWEST_PDUS_S = 500.0, 5.0  # C: what is proposed at most and at least, whatever was measured
_MARGIN = 1.5  # C: over the variables of the first walk: ONTs will be added
_ROWS_A_PDU = 40  # C: variables in one reply
_GENEROUS = LoadContract()
_ANY_PROMPT = Dialect("generic", r"[>#%$]\s*$")
_VERSION = re.compile(r"\b[RVv]?\d+(?:\.\d+){1,4}[A-Za-z0-9]*\b")
_GROUPS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (group, re.compile(pattern))
    for group, pattern in (
        ("olt", r"olt\."),
        ("boards", r"card\."),
        ("pon_optics", r"pon\.(tx|rx|temperature|bias|voltage)_"),
        ("pon_state", r"pon\.(admin|oper|laser|last|down|module|onts)"),
        ("pon_counters", r"pon\."),
        ("ont_firmware", r"ont\.firmware"),
        ("ont_optics", r"ont\.(rx|tx|olt_rx|temperature|bias|voltage)_"),
        ("ont_distance", r"ont\.distance"),
        ("ont_state", r"ont\.(admin|oper|last|phase|down|ranging|alarms|config|match)"),
        ("ont_counters", r"ont\.(bytes|packets|bip|fec|hec|ber|errors)"),
        ("ont_identity", r"ont\."),
        ("uni", r"uni\."),
    )
)


@dataclass(frozen=True, slots=True)
class Capability:
    """A group of metrics: what came of it, and what did not.

    Attributes:
        answered: Metrics that had a value somewhere.
        empty: Metrics that the driver asks for and that had none, with the reason met most.
        not_given: Metrics that this vendor does not give, or that the driver does not read.
    """

    group: str
    answered: tuple[str, ...] = ()
    empty: Mapping[str, Reason] = field(default_factory=dict)
    not_given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """How the agent answered.

    Attributes:
        round_trips_s: Of requests sent one after the other.
        together_s: From sending `together` requests at once to the last answer.
        repeated: Requests that had to be sent again.
        varbinds: Variables of the first walk.
        walk_s: Its duration.
    """

    round_trips_s: tuple[float, ...]
    together_s: float
    together: int = _TOGETHER
    repeated: int = 0
    varbinds: int = 0
    walk_s: float = 0.0

    @property
    def round_trip_s(self) -> float:
        """The usual round trip."""
        return statistics.median(self.round_trips_s)

    @property
    def service_s(self) -> float:
        """Time that one request costs when several are asked at once."""
        return max(self.together_s / self.together, 1e-6)


@dataclass(frozen=True, slots=True)
class Onboarding:
    """What is known of a new OLT.

    Attributes:
        software: Its software version; ``None`` when it does not tell.
        cli_refusal: Why the CLI could not be opened; empty when it was, or when none was given.
        v1_only: Whether its agent speaks SNMPv1 only: no 64-bit counter, no cycle by columns.
        notes: What the driver's ``quality.yaml`` says is missing, and why.
    """

    target: OltTarget
    walk: OltWalk
    software: str | None
    capabilities: tuple[Capability, ...]
    measured: Measured
    contract: LoadContract
    cli_refusal: str = ""
    level: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    v1_only: bool = False

    @property
    def cycle_s(self) -> float:
        """How long a cycle of everything takes under the proposed contract."""
        return self.measured.varbinds / _ROWS_A_PDU / self.contract.pdus_per_s


def software(walk: OltWalk) -> str | None:
    """The OLT's software version: as it tells it, else the first thing like a version in its description."""
    told = walk.readings.value(OLT_SOFTWARE)
    if told:
        return told
    found = _VERSION.search(walk.readings.value(OLT_DESCR) or "")
    return found[0] if found else None


def capabilities(declared: Iterable[Metric[Any]], bags: Sequence[Readings]) -> tuple[Capability, ...]:
    """What each group of metrics gave, in the rows of a walk and of a live read."""
    wanted = set(declared)
    met: dict[str, dict[str, list[Metric[Any]]]] = {group: {"yes": [], "empty": [], "no": []} for group, _ in _GROUPS}
    reasons: dict[Metric[Any], list[Reason]] = {}
    answered: set[Metric[Any]] = set()
    for bag in bags:
        for metric, reading in bag.values.items():
            if reading.reason is None:
                answered.add(metric)
            else:
                reasons.setdefault(metric, []).append(reading.reason)
    for metric in all_metrics().values():
        group = _group(metric.key)
        if group is not None:
            kind = "yes" if metric in answered else "empty" if metric in wanted else "no"
            met[group][kind].append(metric)
    return tuple(
        Capability(
            group,
            tuple(metric.key for metric in found["yes"]),
            {metric.key: statistics.mode(reasons.get(metric, [Reason.NOT_READ])) for metric in found["empty"]},
            tuple(metric.key for metric in found["no"]),
        )
        for group, found in met.items()
    )


def propose(measured: Measured) -> LoadContract:
    """A load contract from what the agent showed: half of its pace, and a window that fills the round trip only.

    Where requests sent together take as long as one after the other, the OLT is the limit and a window gains nothing;
    where they come back together, the way is the limit. A lost request halves what is proposed.
    """
    caution = 0.5 if measured.repeated else 1.0
    pace = min(max(_SHARE * caution / measured.service_s, _SLOWEST_PDUS_S), _FASTEST_PDUS_S)
    fitting = caution * measured.round_trip_s / measured.service_s
    window = min(max(round(fitting), 1), _GENEROUS.window)
    varbinds = math.ceil(measured.varbinds * _MARGIN / 1000) * 1000 or None
    return LoadContract(
        pdus_per_s=round(pace, 1),
        burst_pdus=2 * window,
        live_burst_pdus=2 * window,
        window=window,
        first_window=min(_GENEROUS.first_window, window),
        varbinds_per_cycle=varbinds,
    )


async def onboard(target: OltTarget, clock: Clock, *, timeout_s: float = 60.0, site: Site | None = None) -> Onboarding:
    """Read a new OLT once; its vendor may be `AUTO`.

    Raises `DeviceTimeoutError` when nothing answers (an agent does not answer a wrong community), `DeviceProtocolError`
    when no driver recognises it or it is of another vendor, `DriverNotRegisteredError` when its vendor is none. A CLI
    that refuses the login is told in the result: the rest was read.
    """
    loop = asyncio.get_running_loop()
    site = site or Site()
    agent = agent_of(target)
    if target.vendor == AUTO:
        target = replace(target, vendor=await probe(agent, min(timeout_s, 10.0), site))
    v1_only = await find_version(agent, site, min(timeout_s, 10.0))
    await check_vendor(target, min(timeout_s, 10.0), site)
    bare, cli = replace(target, cli=None), target.cli
    rounds = await _rounds(agent, site, timeout_s)
    began = loop.time()
    walk = await inspect(bare, clock, timeout_s, site)
    measured = Measured(
        rounds.round_trips_s,
        rounds.together_s,
        repeated=rounds.repeated,
        varbinds=sum(map(len, _bags(walk))),
        walk_s=loop.time() - began,
    )
    given, live = await _live(bare, walk, clock, timeout_s, site)
    level, notes = quality(target.vendor)
    return Onboarding(
        target,
        walk,
        software(walk),
        capabilities(given, [*_bags(walk), *live]),
        measured,
        propose(measured),
        await _login(cli, timeout_s, site.known_hosts) if cli is not None else "",
        level,
        notes,
        v1_only,
    )


@cache
def quality(vendor: str, package: str = "collectors.vendors") -> tuple[str, tuple[tuple[str, str], ...]]:
    """The level that a driver declares of itself, and what it says is missing, with the reason."""
    page = files(f"{package}.{vendor}") / "quality.yaml"
    if not page.is_file():
        return "", ()
    said = yaml.safe_load(page.read_text("utf-8"))
    return str(said.get("level", "")), tuple((str(one["what"]), str(one["why"])) for one in said.get("missing", ()))


def _group(key: str) -> str | None:
    return next((group for group, pattern in _GROUPS if pattern.match(key)), None)


def _bags(walk: OltWalk) -> list[Readings]:
    tables = (walk.cards, walk.pon_ports, walk.onts, walk.discovered)
    return [walk.readings, *(row.readings for rows in tables for row in rows)]


async def _rounds(agent: Agent, site: Site, timeout_s: float) -> Measured:
    """Time requests alone and together; what is lost shows as a repetition. No budget holds what is measured back."""
    loop = asyncio.get_running_loop()
    legacy = Legacy(site.engines, site.legacy)
    async with UdpSnmpClient(sessions=site.sessions, legacy=legacy) as client:
        exchange = Exchange.within(agent, min(timeout_s, 10.0))

        async def once() -> float:
            began = loop.time()
            (varbind,) = await client.get(exchange, [_SYS_UP_TIME])
            return loop.time() - began if varbind.kind is not Kind.FAILED else timeout_s

        if await once() == timeout_s:
            raise DeviceTimeoutError(f"{agent.host}:{agent.port}", "timeout")
        alone = [await once() for _ in range(_ALONE)]
        began = loop.time()
        await asyncio.gather(*(once() for _ in range(_TOGETHER)))
        return Measured(tuple(alone), loop.time() - began, repeated=client.counters.repeated)


async def _live(
    target: OltTarget, walk: OltWalk, clock: Clock, timeout_s: float, site: Site
) -> tuple[frozenset[Metric[Any]], list[Readings]]:
    """What the driver declares, and one ONT read live, for what no walk reads: one that is up, where there is one."""
    reader = driver(target.vendor, clock, site)
    try:
        names = [row.name for row in walk.onts if row.readings.value(ONT_OPER) is Oper.UP]
        names = names or [row.name for row in walk.onts]
        if not names:
            return reader.capabilities, []
        outcome = await reader.read_ont(target, names[0], min(timeout_s, 20.0))
        return reader.capabilities, [outcome.readings]
    finally:
        await reader.close()


async def _login(access: CliAccess, timeout_s: float, known_hosts: Path | None) -> str:
    """Open a session of the CLI; why it could not be, or nothing."""
    sessions = CliSessions(open_shell, known_hosts)
    try:
        await sessions.send(access, _ANY_PROMPT, "", min(timeout_s, 20.0))
    except CollectionError as error:
        return error.detail or type(error).__name__
    finally:
        await sessions.close()
    return ""
