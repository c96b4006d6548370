"""Options of ``python -m simulators fleet``, apart from what runs it: other commands need not load numpy."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("description", nargs="?", type=Path, help="options of the fleet (YAML); those below prevail")
    parser.add_argument("--olts", type=int)
    parser.add_argument("--onts", type=int, help="ONTs of each OLT")
    parser.add_argument("--onts-per-pon", type=int)
    parser.add_argument("--vendors", metavar="NAME[=WEIGHT],…", help="mix of vendors")
    parser.add_argument("--off", type=float, help="share of the ONTs switched off")
    parser.add_argument("--xgs", type=float, help="share of XGS-PON OLTs")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--community")
    parser.add_argument("--rate", type=float, help="fleet seconds in one wall second")
    parser.add_argument("--spread", choices=("ports", "addresses"), help="an OLT is a port, or a 127.x.y.z address")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="first port; 0 takes free ones")
    parser.add_argument("--v3", metavar="NAME[:HASH:PASSWORD[:PRIVACY]]", help="SNMPv3 user of every OLT (AES-128)")
    parser.add_argument("--cli", type=int, default=0, metavar="N", help="an SSH command line for the first N OLTs")
    parser.add_argument("--cli-port", type=int, default=0, help="first port of them, or their only one by address")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0.0, help="of each answer")
    parser.add_argument(
        "--service-ms", type=float, default=0.0, help="of the OLT's processor for each request, one at a time"
    )
    parser.add_argument("--ddm-delay-ms", type=float, default=0.0, help="more, for columns asked of modules and ONTs")
    parser.add_argument("--loss", type=float, default=0.0, help="share of the requests without answer")
    parser.add_argument("--max-message", type=int, help="octets of a response")
    parser.add_argument("--max-repetitions", type=int, help="rows that a GETBULK gives at most")
    parser.add_argument("--too-big-above", type=int, metavar="N", help="tooBig to requests of more names")
    parser.add_argument("--drop-above", type=int, metavar="N", help="no answer to GETBULK of more rows")
    parser.add_argument("--traps", type=_address, metavar="HOST:PORT", help="where every OLT sends its traps")
    parser.add_argument("--informs", action="store_true", help="informs, sent again until acknowledged, not traps")
    parser.add_argument("--traps-v3", action="store_true", help="speak them over SNMPv3, as the user of --v3")
    parser.add_argument("--lost-gasps", type=float, default=0.05, metavar="SHARE", help="dying gasps not heard")
    parser.add_argument("--cache-mb", type=int, help="memory for encoded columns")
    parser.add_argument("--ready-json", action="store_true", help="print one JSON line when all is up")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input closes")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)
