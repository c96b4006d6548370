"""The command line of a ZTE ZXA10: C300 and C320 write ``gpon-onu_1/2/1:3``, C600 ``gpon_onu-1/2/1:3``.

``--More--`` is wiped with backspaces and blanks, and the blanks stay in what a program reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from domain.identifiers import PonName
from simulators.cli_ssh import zte_text as words
from simulators.cli_ssh.orders import order
from simulators.cli_ssh.pager import Paging
from simulators.cli_ssh.plant_words import in_the_middle, strangers
from simulators.cli_ssh.reply import Reply
from simulators.plant.orders import RestartOnt, SetPon, SetUni
from simulators.plant.ports import PlantView
from simulators.plant.state import OntState

_MORE = " --More--"
_ERASE = "\b" * len(_MORE) + " " * len(_MORE)  # captured programs read the blanks before the next line
_INVALID = "%Error 20201: Invalid input detected at '^' marker."
_NO_ONU = "%Code 40501 : ONU does not exist."
_CONFIG = "(config)"
_NOTHING = "%Code 32310-GPONSRV : No related information to show."


class ZteShell:
    """One session.

    Args:
        plant: What it shows.
        page_lines: Lines of a page until ``terminal length 0``; 0 for no pages.
        state_layout: Columns of the table of states: ``channel``, ``o7`` or ``speed``.
        alarms: Print an alarm in the middle of each table.
    """

    banner = "\r\nWelcome to ZXAN product of ZTE Corporation\r\n\r\n"
    gap = ""

    def __init__(self, plant: PlantView, page_lines: int, state_layout: str, *, alarms: bool) -> None:
        self._plant = plant
        self._page_lines = page_lines
        self._layout = state_layout
        self._alarms = alarms
        self._view = ""
        self._inside: OntState | PonName | None = None
        self._restart: OntState | None = None
        c600 = plant.state.olt.dialect == "c600"
        self._spelling = words.Spelling(c600=c600)
        onu, olt = self._spelling.pattern("onu") + r":(\d+)", self._spelling.pattern("olt")
        self._commands: dict[str, Callable[[re.Match[str]], str]] = {
            rf"show gpon onu detail-info {onu}": self._detail,
            rf"show gpon onu state {olt}": self._states,
            rf"show gpon onu state {olt} (\d+)": self._states,
            rf"show pon power attenuation {onu}": self._attenuation,
            rf"show gpon remote-onu interface eth {onu}": self._ports,
            rf"show {'pon' if c600 else 'gpon'} onu uncfg": self._unconfigured,
            r"show card": lambda _: words.cards(plant.state),
        }

    @property
    def prompt(self) -> str:
        """``OLT#``, ``OLT(config)#``."""
        return f"{self._plant.state.olt.sys_name}{self._view}#"

    @property
    def paging(self) -> Paging | None:
        """Pages until ``terminal length 0``."""
        return Paging(self._page_lines, _MORE, _ERASE) if self._page_lines else None

    def execute(self, line: str) -> Reply:
        """Run one line."""
        line = " ".join("".join(char for char in line if char.isprintable()).split())
        if self._restart is not None:
            return self._confirmed(line)
        if not line:
            return Reply()
        if line == "exit" and not self._view:
            return Reply(closed=True)
        if line in {"exit", "end"}:
            self._view = "" if line == "end" or self._inside is None else _CONFIG
            self._inside = None
        elif line in {"configure terminal", "conf t"}:
            self._view = _CONFIG
        elif self._view and (changed := self._change(line)) is not None:
            return changed
        elif found := re.fullmatch(r"terminal length (\d{1,3})", line):
            self._page_lines = int(found[1])
        else:
            return self._show(line)
        return Reply()

    def _confirmed(self, line: str) -> Reply:
        """The answer to the question about a restart."""
        ont, self._restart = self._restart, None
        if line == "yes" and ont is not None:
            order(self._plant, RestartOnt(ont.name))
        return Reply()

    def _change(self, line: str) -> Reply | None:
        """What is typed to go into a view, or to change something there; ``None`` for any other."""
        onu, olt = self._spelling.pattern("onu") + r":(\d+)", self._spelling.pattern("olt")
        if found := re.fullmatch(rf"pon-onu-mng {onu}", line):
            onus = self._onus(found)
            if not onus:
                return Reply(_NO_ONU)
            self._inside, self._view = onus[0], "(gpon-onu-mng)"
        elif found := re.fullmatch(rf"interface {olt}", line):
            port = self._port(found)
            if port is None:
                return Reply(_NOTHING)
            self._inside, self._view = port, "(config-if)"
        elif isinstance(self._inside, PonName) and line in {"shutdown", "no shutdown"}:
            order(self._plant, SetPon(self._inside, line != "shutdown"))
        elif isinstance(self._inside, OntState) and line == "reboot":
            self._restart = self._inside
            return Reply("Confirm to reboot? [yes/no]:", asks=True)
        elif isinstance(self._inside, OntState) and (
            found := re.fullmatch(r"interface eth eth_0/1 state (lock|unlock)", line)
        ):
            order(self._plant, SetUni(self._inside.name, found[1] == "unlock"))
        else:
            return None
        return Reply()

    def _show(self, line: str) -> Reply:
        for pattern, command in self._commands.items():
            found = re.fullmatch(pattern, line)
            if found is not None:
                text = command(found)
                return Reply(in_the_middle(text, words.alarm(self._plant.clock.now())) if self._alarms else text)
        return Reply(f"{' ' * len(self.prompt)}^\n{_INVALID}")

    def _port(self, found: re.Match[str]) -> PonName | None:
        wanted = tuple(int(number) for number in found.groups()[:3])
        return next((pon for pon in self._plant.state.pons if (pon.shelf, pon.slot, pon.pon) == wanted), None)

    def _onus(self, found: re.Match[str]) -> list[OntState]:
        """The configured ONUs of the port, or the one that is named besides."""
        port = self._port(found)
        onus = [ont for name, ont in self._plant.state.onts.items() if name.pon_name == port and ont.provisioned]
        return [ont for ont in onus if ont.name.ont == int(found[4])] if len(found.groups()) > 3 else onus

    def _one(self, found: re.Match[str], show: Callable[[OntState], str]) -> str:
        onus = self._onus(found)
        return show(onus[0]) if onus else _NO_ONU

    def _detail(self, found: re.Match[str]) -> str:
        state, now = self._plant.state, self._plant.clock.now()
        return self._one(found, lambda ont: words.detail(state, ont, self._spelling, now))

    def _states(self, found: re.Match[str]) -> str:
        onus = self._onus(found)
        return words.states(self._plant.state, onus, self._layout, self._spelling) if onus else _NOTHING

    def _attenuation(self, found: re.Match[str]) -> str:
        return self._one(found, lambda ont: words.attenuation(self._plant.state, ont))

    def _ports(self, found: re.Match[str]) -> str:
        return self._one(found, lambda ont: words.ports(self._plant.state, ont))

    def _unconfigured(self, _: re.Match[str]) -> str:
        found = strangers(self._plant.state)
        return words.unconfigured(found, self._spelling) if found else _NOTHING
