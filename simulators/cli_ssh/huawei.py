"""The command line of a Huawei MA5600T / MA5800: views, the ``{ <cr>… }:`` question, ``---- More``, alarms in between.

A command that could take more words is asked about (``{ <cr>||<K> }:``) unless ``undo smart`` was said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from domain.identifiers import OntName, PonName
from simulators.cli_ssh import huawei_text as words
from simulators.cli_ssh.orders import ASKED, HUAWEI, order
from simulators.cli_ssh.pager import Paging
from simulators.cli_ssh.plant_words import in_the_middle, managed, strangers
from simulators.cli_ssh.reply import Reply
from simulators.plant.orders import Order, SetPon
from simulators.plant.ports import PlantView
from simulators.plant.state import OntState

_MORE = "---- More ( Press 'Q' to break ) ----"
_ERASE = f"\x1b[{len(_MORE)}D{' ' * len(_MORE)}\x1b[{len(_MORE)}D"
_LEAVE = "Are you sure to log out? (y/n)[n]:"
_GOODBYE = "\n  Configuration console exit, please retry to log on\n\n"
_UNKNOWN = "% Unknown command, the error locates at '^'"
_PARAMETER = "% Parameter error"
_NO_ONT = "  Failure: The ONT does not exist"
_OFFLINE = "  Failure: The ONT is not online"
_NO_BOARD = "  Failure: The board does not exist"
_SURE = "  Are you sure to reset the ONT(s)? (y/n)[n]:"
_NO_PORT = "  Failure: The ONT port does not exist"

_STEPS = {(">", "enable"): "#", ("#", "disable"): ">", ("#", "config"): "config"}  # view and command → view

_Command = Callable[[re.Match[str]], str]


class HuaweiShell:
    """One session.

    Args:
        plant: What it shows.
        page_lines: Lines of a page until ``scroll``; 0 for no pages.
        alarms: Print an alarm in the middle of each table, whatever ``infoswitch`` says.
    """

    banner = "\r\n  Huawei Integrated Access Software.\r\n  Copyright(C) Huawei Technologies Co., Ltd.\r\n\r\n"
    gap = ""

    def __init__(self, plant: PlantView, page_lines: int, *, alarms: bool) -> None:
        self._plant = plant
        self._page_lines = page_lines
        self._alarms = alarms
        self._view = ">"
        self._board: tuple[int, int] | None = None
        self._smart = True
        self._question: str | None = None
        number = r"(\d+)"
        port = rf"{number}[/ ]{number}[/ ]{number}"
        self._everywhere: dict[str, _Command] = {
            rf"display ont info {port} {number}": self._info,
            rf"display ont info {port}(?: all)?": self._list,
            r"display ont info by-sn (\S+)": self._by_serial,
            rf"display ont version {port} {number}": self._version,
            r"display ont autofind all": self._autofind,
            r"display board 0": lambda _: words.boards(plant.state),
            r"display sysuptime": lambda _: words.uptime(plant.state, plant.clock.now()),
        }
        self._on_a_board: dict[str, _Command] = {
            rf"display ont info {number} {number}": self._info,
            rf"display ont optical-info {number} {number}": self._optics,
            rf"display ont port state {number} {number} eth-port all": self._ports,
        }

    @property
    def prompt(self) -> str:
        """``OLT>``, ``OLT#``, ``OLT(config)#``, ``OLT(config-if-gpon-0/1)#``."""
        name = self._plant.state.olt.sys_name
        if self._board is not None:
            return f"{name}(config-if-gpon-{self._board[0]}/{self._board[1]})#"
        return f"{name}(config)#" if self._view == "config" else f"{name}{self._view}"

    @property
    def paging(self) -> Paging | None:
        """Pages until ``scroll``."""
        return Paging(self._page_lines, _MORE, _ERASE) if self._page_lines else None

    def execute(self, line: str) -> Reply:
        """Run one line, or take it as the answer to the question that stands."""
        line = " ".join("".join(char for char in line if char.isprintable()).split())
        if self._question is not None:
            return self._answered(line)
        line = line.split(" | ", 1)[0]
        if not line:
            return Reply()
        moved = self._move(line)
        if moved is not None:
            return moved
        asks = self._board is not None and ASKED.fullmatch(line) is not None
        shows = line.startswith("display ")
        if not shows and not asks:
            return self._order(line) or Reply(_UNKNOWN)
        if asks or self._smart:
            self._question = line
            return Reply(_SURE if asks else "{ <cr>||<K> }:", asks=True)
        return self._show(line)

    def _answered(self, line: str) -> Reply:
        asked, self._question = self._question, None
        if asked == _LEAVE:
            return Reply(_GOODBYE, closed=True) if line.lower() == "y" else Reply()
        if asked is not None and ASKED.fullmatch(asked):
            return (self._order(asked) if line.lower() == "y" else None) or Reply()
        if line:
            return Reply(_PARAMETER)
        spread = "  ".join((asked or "").split())
        return self._show(asked or "", heading=f"\n  Command:\n            {spread}\n")

    def _move(self, line: str) -> Reply | None:
        """Commands that change the view or the session."""
        if line in {"quit", "return"}:
            return self._leave(line)
        step = _STEPS.get((self._view, line))
        if step is not None:
            self._view = step
        elif line in {"smart", "undo smart"}:
            self._smart = line == "smart"
        elif found := re.fullmatch(r"scroll(?: (\d{1,3}))?", line):
            self._page_lines = int(found[1] or 0)
        elif found := re.fullmatch(r"interface gpon (\d+)/(\d+)", line):
            return self._enter(int(found[1]), int(found[2]))
        elif not re.fullmatch(r"infoswitch cli (?:OFF|ON)", line, re.IGNORECASE):
            return None
        return Reply()

    def _enter(self, frame: int, slot: int) -> Reply:
        if self._view != "config":
            return Reply(_UNKNOWN)
        if not any(pon.shelf == frame and pon.slot == slot for pon in self._plant.state.pons):
            return Reply(_NO_BOARD)
        self._board = (frame, slot)
        return Reply()

    def _order(self, line: str) -> Reply | None:
        """A command that changes something, in the view of a board; ``None`` for any other."""
        if self._board is None:
            return None
        if found := re.fullmatch(r"(undo )?shutdown (\d+)", line):
            place = (*self._board, int(found[2]))
            pon = next((p for p in self._plant.state.pons if (p.shelf, p.slot, p.pon) == place), None)
            return self._obeyed(_NO_BOARD if pon is None else SetPon(pon, found[1] is not None))
        for pattern, make in HUAWEI:
            found = re.fullmatch(pattern, line)
            if found is not None:
                ont = self._ont(found.groups()[:2])
                return self._obeyed(_NO_ONT if ont is None else make(ont.name, found.groups()) or _NO_PORT)
        return None

    def _obeyed(self, given: Order | str) -> Reply:
        """The answer to an order, or to one that there is nothing for."""
        if isinstance(given, str):
            return Reply(given)
        order(self._plant, given)
        return Reply()

    def _leave(self, word: str) -> Reply:
        if self._board is not None and word == "quit":
            self._board = None
            return Reply()
        if self._view == "config":
            self._board, self._view = None, "#"
            return Reply()
        self._question = _LEAVE
        return Reply(_LEAVE, asks=True)

    def _show(self, line: str, heading: str = "") -> Reply:
        if self._view == ">" and line.startswith("display ont"):
            return Reply(_UNKNOWN)
        commands = {**self._everywhere, **(self._on_a_board if self._board is not None else {})}
        for pattern, command in commands.items():
            found = re.fullmatch(pattern, line)
            if found is not None:
                text = command(found)
                if self._alarms:
                    text = in_the_middle(text, words.alarm(self._plant.clock.now()))
                return Reply(heading + text)
        return Reply(_UNKNOWN)

    # What the commands show.

    def _ont(self, numbers: Sequence[str]) -> OntState | None:
        frame, slot, port, ont = (int(n) for n in (*map(str, self._board or ()), *numbers)[-4:])
        for name, state in self._plant.state.onts.items():
            if (name.shelf, name.slot, name.pon, name.ont) == (frame, slot, port, ont):
                return state if state.provisioned else None
        return None

    def _info(self, found: re.Match[str]) -> str:
        ont = self._ont(found.groups())
        return _NO_ONT if ont is None else words.info(self._plant.state, ont, self._plant.clock.now())

    def _by_serial(self, found: re.Match[str]) -> str:
        wanted = found[1].upper().replace("-", "")
        for ont in self._plant.state.onts.values():
            if wanted in {ont.serial.hex, str(ont.serial)} and ont.provisioned:
                return words.info(self._plant.state, ont, self._plant.clock.now())
        return _NO_ONT

    def _list(self, found: re.Match[str]) -> str:
        frame, slot, port = (int(n) for n in found.groups())
        pon = next((p for p in self._plant.state.pons if (p.shelf, p.slot, p.pon) == (frame, slot, port)), None)
        return _NO_BOARD if pon is None else words.onts(self._plant.state, pon, self._onts(pon))

    def _onts(self, pon: PonName) -> list[OntState]:
        names: list[OntName] = [name for name in self._plant.state.onts if name.pon_name == pon]
        return [ont for name in names if (ont := self._plant.state.onts[name]).provisioned]

    def _version(self, found: re.Match[str]) -> str:
        ont = self._ont(found.groups())
        return _NO_ONT if ont is None else words.version(ont)

    def _optics(self, found: re.Match[str]) -> str:
        return self._live(found, words.optics)

    def _ports(self, found: re.Match[str]) -> str:
        return self._live(found, lambda _, ont: words.ports(ont))

    def _live(self, found: re.Match[str], show: Callable[..., str]) -> str:
        """What only an ONT on line can be asked."""
        ont = self._ont(found.groups())
        if ont is None:
            return _NO_ONT
        return show(self._plant.state, ont) if managed(self._plant.state, ont) else _OFFLINE

    def _autofind(self, _: re.Match[str]) -> str:
        return words.autofind(strangers(self._plant.state), self._plant.clock.now())
