"""``python -m collectors inspect HOST:PORT``: what an OLT holds.

Exit codes: 0 read, 1 nothing answers or no driver fits, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

import structlog

from collectors.inspection import as_json, as_text, inspect, probe
from collectors.register import DriverNotRegisteredError
from collectors.snmp.values import Agent
from domain.clock import WallClock
from domain.errors import DeviceProtocolError, DeviceTimeoutError, InvalidValueError
from domain.olt import OltTarget
from domain.secret import Secret

_SNMP_PORT = 161


def _endpoint(text: str) -> tuple[str, int]:
    """Read ``host``, ``host:port``, ``[v6]:port``; raises `InvalidValueError`."""
    host, _, port = text.rpartition(":") if "]" in text or text.count(":") == 1 else (text, "", "")
    if text.endswith("]"):
        host, port = text, ""
    host = host.strip("[]")
    if not host or (port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
        raise InvalidValueError("HOST:PORT", text, "a host and a UDP port, such as 192.0.2.1:161")
    return host, int(port) if port else _SNMP_PORT


async def _inspect(arguments: argparse.Namespace) -> str:
    host, port = _endpoint(arguments.endpoint)
    agent = Agent(host, port, Secret(arguments.community))
    vendor = arguments.vendor
    if vendor == "auto":
        vendor = await probe(agent, min(arguments.timeout, 10.0))
    target = OltTarget("", f"{host}:{port}", vendor, host, port, agent.community)
    walk = await inspect(target, WallClock(), arguments.timeout)
    if arguments.json:
        return json.dumps(as_json(target, walk), ensure_ascii=False, indent=2)
    return as_text(target, walk)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collectors", description="Lire un OLT.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("inspect", help="afficher les cartes, ports PON et ONT d'un OLT")
    command.add_argument("endpoint", metavar="HOST:PORT", help="adresse SNMP (UDP)")
    command.add_argument("--community", default="public", help="communauté SNMP v2c (public)")
    command.add_argument("--vendor", default="auto", help="pilote, ou auto : d'après sysObjectID")
    command.add_argument("--json", action="store_true", help="sortie JSON")
    command.add_argument("--timeout", type=float, default=60.0, metavar="S", help="durée maximale en secondes (60)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        print(asyncio.run(_inspect(arguments)))
    except DeviceTimeoutError as error:
        print(f"{error.target} : aucune réponse SNMP (adresse, port ou communauté ?)", file=sys.stderr)
    except (DeviceProtocolError, DriverNotRegisteredError) as error:
        print(str(error), file=sys.stderr)
    except InvalidValueError as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    else:
        return 0
    return 1


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the standard output is the answer
    sys.exit(main())
