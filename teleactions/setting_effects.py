"""How an effect on the settings of a box is told: by the names that were set, in what the box shows of them.

Whatever else differs in what is read (counters, devices, a channel that the box chose) is not the doing of the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.box_actions import BoxResult
from domain.teleaction import Effect, masked_value
from teleactions.effects import accepted, denied, done, failed, not_done, nothing, unknown
from teleactions.spec import Case, Tree

_WORDS = {"1": "true", "true": "true", "0": "false", "false": "false"}
_PARAMETER_KEY = "ParameterKey"


@dataclass(frozen=True, slots=True)
class _Shown:
    """The names that were set and that a box shows: what was asked for, what it showed before and shows now."""

    wanted: Mapping[str, str]
    before: Tree
    after: Tree

    @property
    def as_wanted(self) -> bool:
        return all(_same(self.after.get(name), value) for name, value in self.wanted.items())

    @property
    def as_before(self) -> bool:
        return all(_same(self.after.get(name), self.before.get(name)) for name in self.wanted)

    @property
    def read(self) -> bool:
        return all(self.after.get(name) is not None for name in self.wanted)


def _same(one: str | None, other: str | None) -> bool:
    """Whether two values are the same: booleans have two spellings."""
    if one is None or other is None:
        return False
    return one == other or _WORDS.get(one.strip().lower(), one) == _WORDS.get(other.strip().lower(), other)


def _hidden(name: str) -> bool:
    return masked_value(name, "x") != "x"


def _shown(case: Case) -> _Shown:
    settled = _settled(case) or {}
    wanted = {name: value for name, value in case.sets.items() if not _hidden(name)}
    after = {name: value for name, value in (*settled.items(), *case.after.values.items()) if name in wanted}
    return _Shown(wanted, case.before.values, after)


def read_back(case: Case) -> Effect:
    """What was set is what the box shows now."""
    refused = not_done(case) or denied(case)
    if refused is not None:
        return refused
    shown = _shown(case)
    if shown.wanted and shown.as_wanted and not shown.as_before:
        return done("The box shows the new settings", data=shown.after)
    if accepted(case) and any(_hidden(name) for name in case.sets):
        return done("The box accepted the new key, which it never shows")
    if not shown.wanted or not shown.read:
        return _unread(case)
    if shown.as_wanted and len(shown.wanted) < len(case.sets):  # the name was so already, the key is never shown
        return _unread(case)
    return _not_seen(case, shown)


def _not_seen(case: Case, shown: _Shown) -> Effect:
    """The box shows what was set, and it has not changed, or not to what was asked for."""
    result = case.result
    if isinstance(result, BoxResult) and result.after_reboot:
        return done("The box accepted the settings; they apply at its next start")
    if accepted(case) and isinstance(result, BoxResult) and result.source.locator.endswith(_PARAMETER_KEY):
        return done("The box accepted the settings")  # they may wait for its next start: that answer was lost
    if not accepted(case) and not case.overdue:
        return unknown("It is not known yet whether the box took the settings")
    if shown.as_before:
        return nothing("No effect: the box shows the same settings as before")
    if accepted(case):
        return done("The box accepted the settings and shows others", data=shown.after)
    return nothing("No effect: the box shows other settings than those asked for")


def _unread(case: Case) -> Effect:
    """What was set cannot be seen: the box was not heard, or shows nothing of it."""
    if not case.after.values and (accepted(case) or _settled(case) is None):
        return unknown("The box does not answer: its settings cannot be read back")
    if accepted(case) and case.overdue:
        return done("The box accepted the settings")
    return _traceless(case)


def _traceless(case: Case) -> Effect:
    """No value tells. A box that was asked since, and whose ParameterKey tells nothing either, never will."""
    if case.overdue and _settled(case):
        return failed("The box keeps no trace of it: whether it took it is not known, and it may be asked again")
    return unknown("It is not known yet whether the box took the settings")


def _settled(case: Case) -> Tree | None:
    """What the box showed to whoever looked for what became of a lost order."""
    return (case.result.values or None) if isinstance(case.result, BoxResult) else None


def written(case: Case) -> Effect:
    """The box accepted the value, or shows it: what it showed before was not read."""
    refused = not_done(case) or denied(case)
    if refused is not None:
        return refused
    shown = _shown(case)
    if accepted(case):
        return done("The box accepted the value", data={name: shown.wanted.get(name) for name in case.sets})
    if shown.wanted and shown.as_wanted:
        return done("The box shows the new settings", data=shown.after)
    if not case.overdue or not shown.wanted or not shown.read:
        return _traceless(case)
    return nothing("No effect: the box shows other settings than those asked for")
