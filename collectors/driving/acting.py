"""Acting on an ONT: what a vendor declares (objects to set, commands to type), and how it is done once and proved.

SNMP comes first. Where the agent refuses the object itself (no such object, read-only), nothing was changed: the
command line is tried, where the site gives one. Where an answer is lost, nothing is sent again: what was to change is
read back.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from collectors.cli.sessions import CliSessions, Dialect, Script
from collectors.driving.agents import agent_of
from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.setting import SetRefusedError, Setter, Setting
from collectors.snmp.values import Kind, dotted
from domain.clock import Clock
from domain.errors import (
    CollectionError,
    DeviceProtocolError,
    DeviceTimeoutError,
    DeviceUnreachableError,
    InvalidValueError,
)
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics import olt as o
from domain.metrics import ont as m
from domain.olt import OltTarget
from domain.olt_actions import (
    ActionKind,
    OltAction,
    OltFault,
    OltOutcome,
    OltResult,
    SetOntAdmin,
    SetPonAdmin,
    SetUniAdmin,
    SetUniNegotiation,
)
from domain.ports import OltDriver
from domain.reading import Source, Via
from domain.states import Negotiation

_NOT_THERE = frozenset({"noSuchName", "noAccess", "noCreation", "notWritable", "readOnly", "authorizationError"})
_READ_S, _BACK_S = 4.0, 2.0  # C: for the states before and after, and for the object read back; of the time given
_LONGEST_TEXT = 200
_ABOUT: Mapping[ActionKind, tuple[Metric[Any], ...]] = {
    ActionKind.REBOOT_ONT: (m.ONT_OPER, m.ONT_LAST_CHANGE),
    ActionKind.SET_ONT_ADMIN: (m.ONT_ADMIN, m.ONT_OPER),
    ActionKind.REPROVISION_ONT: (m.ONT_OPER, m.ONT_LAST_CHANGE),
    ActionKind.SET_UNI_ADMIN: (m.UNI_ADMIN, m.UNI_OPER),
    ActionKind.SET_UNI_NEGOTIATION: (m.UNI_NEGOTIATION, m.UNI_RATE, m.UNI_OPER),
    ActionKind.SET_PON_ADMIN: (o.PON_ADMIN, o.PON_OPER, o.PON_LASER_ON),
    ActionKind.FIRMWARE_TO_PLANNED: (m.ONT_FIRMWARE_ACTIVE, m.ONT_FIRMWARE_PLANNED, m.ONT_OPER),
}
"""The states that an action is about."""


class Acts(Protocol):
    """What a vendor can do, and how.

    Attributes:
        snmp: What its MIB has an object for; ``typed``: what its command line has a command for.
        dialect: Of its command line; ``refusal`` matches what that prints when it refuses.
    """

    snmp: frozenset[ActionKind]
    typed: frozenset[ActionKind]
    dialect: Dialect | None
    refusal: re.Pattern[str]

    async def setting(self, line: Line, action: OltAction) -> Setting | None:
        """The object to set and its value; ``None`` where this OLT has none. `CollectionError` where it cannot tell."""
        ...

    async def script(self, line: Line, action: OltAction) -> Script | None:
        """What to type; ``None`` where this OLT takes nothing of the kind."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """An ONT of an OLT, and how to ask that OLT while an action lasts."""

    olt: OltTarget
    ont: OntName
    client: SnmpClient
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Actor:
    """Acts through one vendor's OLTs. See `domain.ports.OltActions`.

    Args:
        driver: Reads the states before and after.
        client: Reads back what was set.
    """

    acts: Acts
    driver: OltDriver
    client: SnmpClient
    setter: Setter
    clock: Clock
    cli: CliSessions | None = None

    def supported(self, olt: OltTarget) -> frozenset[ActionKind]:
        """See `OltActions.supported`."""
        return self.acts.snmp | (self.acts.typed if self._types(olt) else frozenset())

    async def act(self, olt: OltTarget, ont: OntName, action: OltAction, timeout_s: float) -> OltResult:
        """See `OltActions.act`."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        before = await self._states(olt, ont, action, min(_READ_S, timeout_s / 3))
        spare_s = min(_READ_S, timeout_s / 4)
        line = Line(olt, ont, self.client, Exchange(agent_of(olt), deadline - spare_s))
        done = await self._do(line, action)
        if done.outcome in {OltOutcome.DONE, OltOutcome.UNKNOWN}:
            left_s = max(deadline - asyncio.get_running_loop().time(), 0.05)
            done = self._told(done, action, await self._states(olt, ont, action, left_s))
        return replace(done, at=self.clock.now(), before=before)

    async def settle(self, olt: OltTarget, ont: OntName, action: OltAction, timeout_s: float) -> OltResult:
        """See `OltActions.settle`."""
        line = Line(olt, ont, self.client, Exchange.within(agent_of(olt), timeout_s / 2))
        unknown = OltResult(OltOutcome.UNKNOWN, self.clock.now())
        if action.kind in self.acts.snmp:
            try:
                setting = await self.acts.setting(line, action)
            except (CollectionError, InvalidValueError):
                setting = None
            if setting is not None:
                unknown = await self._back(line, action, setting, OltOutcome.UNKNOWN)
        return self._told(unknown, action, await self._states(olt, ont, action, timeout_s / 2))

    async def _do(self, line: Line, action: OltAction) -> OltResult:
        """Try what there is, in order: the first that did not simply lack the object decides."""
        refused: OltResult | None = None
        if action.kind in self.acts.snmp:
            result = await self._set(line, action)
            if result is not None and not _lacks(result):
                return result
            refused = result
        if action.kind in self.acts.typed and self._types(line.olt):
            result = await self._type(line, action)
            if result is not None:
                return result
        fault = OltFault("not_supported", str(action.kind))
        return refused or OltResult(OltOutcome.NOT_SENT, self.clock.now(), fault=fault)

    async def _set(self, line: Line, action: OltAction) -> OltResult | None:
        """Set the object; ``None`` where this OLT has none."""
        try:
            setting = await self.acts.setting(line, action)
        except CollectionError as error:
            return self._not_sent(str(action.kind), error)
        except InvalidValueError as error:  # a name that this vendor cannot have
            fault = OltFault("invalid", str(action.kind), error.expected)
            return OltResult(OltOutcome.NOT_SENT, self.clock.now(), fault=fault)
        if setting is None:
            return None
        left_s = line.exchange.remaining_s
        try:
            await self.setter.set(line.exchange.agent, (setting,), left_s - min(_BACK_S, left_s / 2))
        except CollectionError as error:
            told = self._refused(setting, error)
            return told or await self._back(line, action, setting, OltOutcome.UNKNOWN)
        return await self._back(line, action, setting, OltOutcome.DONE)

    def _refused(self, setting: Setting, error: CollectionError) -> OltResult | None:
        """What a SET that failed means; ``None`` where it may have been done."""
        locator = dotted(setting.oid)
        source = Source(Via.SNMP, locator)
        match error:
            case SetRefusedError(doubtful=False):
                fault = OltFault(error.status, dotted(error.oid or setting.oid))
            case DeviceProtocolError():  # the user is refused: nothing was looked at
                fault = OltFault("authorizationError", locator, error.detail)
            case DeviceUnreachableError():
                return self._not_sent(locator, error)
            case _:
                return None
        return OltResult(OltOutcome.REFUSED, self.clock.now(), source, fault=fault)

    async def _back(self, line: Line, action: OltAction, setting: Setting, outcome: OltOutcome) -> OltResult:
        """Read the object back: a state that is as wanted is done, whatever became of the answer."""
        source = Source(Via.SNMP, dotted(setting.oid))
        if action.kind in {ActionKind.REBOOT_ONT, ActionKind.REPROVISION_ONT}:  # reads at rest, whatever was done
            return OltResult(outcome, self.clock.now(), source)
        exchange = Exchange.within(line.exchange.agent, max(_BACK_S, min(line.exchange.remaining_s, 2 * _BACK_S)))
        (answer,) = await self.client.get(exchange, [setting.oid])
        proved = answer.kind is Kind.INTEGER and answer.value == setting.value
        return OltResult(OltOutcome.DONE if proved else outcome, self.clock.now(), source, proved=proved)

    async def _type(self, line: Line, action: OltAction) -> OltResult | None:
        """Type the commands; ``None`` where there are none."""
        access, dialect = line.olt.cli, self.acts.dialect
        assert self.cli is not None and access is not None and dialect is not None  # noqa: S101, PT018 - see `_types`
        try:
            script = await self.acts.script(line, action)
        except CollectionError as error:
            return self._not_sent(str(action.kind), error)
        if script is None:
            return None
        source = Source(Via.CLI, script.steps[-1].command)
        try:
            answers = await self.cli.act(access, dialect, script, line.exchange.remaining_s)
        except CollectionError as error:
            if script.begun:
                return OltResult(OltOutcome.UNKNOWN, self.clock.now(), source)
            return self._not_sent(source.locator, error)
        fault = self._objection(script, answers)
        outcome = OltOutcome.DONE if fault is None else OltOutcome.REFUSED
        return OltResult(outcome, self.clock.now(), source, fault=fault)

    def _objection(self, script: Script, answers: Sequence[str]) -> OltFault | None:
        """What the OLT had against it; ``None`` for nothing."""
        for step, answer in zip(script.steps, answers, strict=False):
            found = self.acts.refusal.search(answer)
            if found is not None:
                return OltFault("cli", step.command, " ".join(found[0].split())[:_LONGEST_TEXT])
        if len(answers) < len(script.steps):  # it did not come where it should have: the rest was not typed
            return OltFault("cli", script.steps[len(answers) - 1].command, "unexpected prompt")
        return None

    async def _states(self, olt: OltTarget, ont: OntName, action: OltAction, timeout_s: float) -> Readings:
        read = (await self.driver.read_ont(olt, ont, timeout_s)).readings
        return Readings({metric: read[metric] for metric in _ABOUT[action.kind] if metric in read})

    def _told(self, result: OltResult, action: OltAction, after: Readings) -> OltResult:
        """The result with the states read after; a state that is as wanted proves it."""
        wanted = wanted_state(action)
        proved = result.proved or (wanted is not None and after.value(wanted[0]) == wanted[1])
        return replace(result, outcome=OltOutcome.DONE if proved else result.outcome, proved=proved, after=after)

    def _not_sent(self, locator: str, error: CollectionError) -> OltResult:
        reason = "timeout" if isinstance(error, DeviceTimeoutError) else "unreachable"
        return OltResult(OltOutcome.NOT_SENT, self.clock.now(), fault=OltFault(reason, locator, error.detail))

    def _types(self, olt: OltTarget) -> bool:
        return olt.cli is not None and self.cli is not None and self.acts.dialect is not None


def wanted_state(action: OltAction) -> tuple[Metric[Any], Any] | None:
    """The state that an action should bring; ``None`` for one that leaves none that the drivers read."""
    match action:
        case SetOntAdmin(admin):
            return m.ONT_ADMIN, admin
        case SetUniAdmin(admin, 1):  # drivers read the first port
            return m.UNI_ADMIN, admin
        case SetUniNegotiation(rate, 1):
            return m.UNI_NEGOTIATION, Negotiation.AUTO if rate is None else Negotiation.FORCED
        case SetPonAdmin(admin):
            return o.PON_ADMIN, admin
        case _:
            return None


def _lacks(result: OltResult) -> bool:
    return result.fault is not None and result.fault.code in _NOT_THERE
