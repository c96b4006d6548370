"""``python -m collectors inspect HOST:PORT``: what an OLT holds; ``onboard HOST:PORT``: what a new OLT is and gives.

Exit codes: 0 read, 1 nothing answers, no driver fits or the CLI refuses the login, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
from dataclasses import replace

import structlog

from collectors import onboarding_text
from collectors.driving.agents import agent_of
from collectors.inspection import as_json, as_text, inspect, probe
from collectors.onboarding import AUTO, onboard
from collectors.register import DriverNotRegisteredError
from domain.clock import WallClock
from domain.errors import DeviceProtocolError, DeviceTimeoutError, InvalidValueError
from domain.olt import CliAccess, OltTarget
from domain.secret import Secret

_SNMP_PORT, _SSH_PORT = 161, 22
_PASSWORD_VARIABLE = "OLT_CLI_PASSWORD"  # noqa: S105 - its name


def _endpoint(text: str, default: int = _SNMP_PORT) -> tuple[str, int]:
    """Read ``host``, ``host:port``, ``[v6]:port``; raises `InvalidValueError`."""
    host, _, port = text.rpartition(":") if "]" in text or text.count(":") == 1 else (text, "", "")
    if text.endswith("]"):
        host, port = text, ""
    host = host.strip("[]")
    if not host or (port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
        raise InvalidValueError("HOST:PORT", text, "a host and a port, such as 192.0.2.1:161")
    return host, int(port) if port else default


async def _inspect(arguments: argparse.Namespace) -> str:
    host, port = _endpoint(arguments.endpoint)
    target = OltTarget("", f"{host}:{port}", arguments.vendor, host, port, Secret(arguments.community))
    if target.vendor == AUTO:
        target = replace(target, vendor=await probe(agent_of(target), min(arguments.timeout, 10.0)))
    walk = await inspect(target, WallClock(), arguments.timeout)
    if arguments.json:
        return json.dumps(as_json(target, walk), ensure_ascii=False, indent=2)
    return as_text(target, walk)


def _cli_access(text: str | None) -> CliAccess | None:
    """Read ``user@host:port``. The password is never an argument: the environment has it, or the terminal asks."""
    if text is None:
        return None
    user, found, endpoint = text.rpartition("@")
    if not found or not user:
        raise InvalidValueError("--cli", text, "a user, a host and a port, such as admin@192.0.2.1:22")
    host, port = _endpoint(endpoint, _SSH_PORT)
    password = os.environ.get(_PASSWORD_VARIABLE)
    if password is None:
        if not sys.stdin.isatty():
            raise InvalidValueError(_PASSWORD_VARIABLE, "", "the CLI's password, in the environment")
        password = getpass.getpass(f"Mot de passe de {user}@{host} : ")
    return CliAccess(host, port, user, Secret(password))


async def _onboard(arguments: argparse.Namespace) -> tuple[str, str]:
    """The report, and why the CLI could not be opened."""
    host, port = _endpoint(arguments.endpoint)
    access = _cli_access(arguments.cli)
    target = OltTarget("", f"{host}:{port}", arguments.vendor, host, port, Secret(arguments.community), access)
    found = await onboard(target, WallClock(), timeout_s=arguments.timeout)
    if arguments.json:
        return json.dumps(onboarding_text.as_json(found), ensure_ascii=False, indent=2), found.cli_refusal
    return onboarding_text.as_text(found), found.cli_refusal


async def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "inspect":
        print(await _inspect(arguments))
        return 0
    report, refusal = await _onboard(arguments)
    print(report)
    if refusal:
        print(f"{arguments.cli} : la CLI n'a pas pu être ouverte ({refusal})", file=sys.stderr)
    return 1 if refusal else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collectors", description="Lire un OLT.")
    commands = parser.add_subparsers(dest="command", required=True)
    _common(commands.add_parser("inspect", help="afficher les cartes, ports PON et ONT d'un OLT"))
    command = commands.add_parser("onboard", help="reconnaître un OLT, ce qu'il donne et ce qu'il supporte")
    _common(command)
    command.add_argument(
        "--cli", metavar="USER@HOST:PORT", help=f"accès SSH ; mot de passe dans {_PASSWORD_VARIABLE}, ou demandé"
    )
    return parser


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("endpoint", metavar="HOST:PORT", help="adresse SNMP (UDP)")
    command.add_argument("--community", default="public", help="communauté SNMP v2c (public)")
    command.add_argument("--vendor", default=AUTO, help="pilote, ou auto : d'après sysObjectID")
    command.add_argument("--json", action="store_true", help="sortie JSON")
    command.add_argument("--timeout", type=float, default=60.0, metavar="S", help="durée maximale en secondes (60)")


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return asyncio.run(_run(arguments))
    except DeviceTimeoutError as error:
        print(f"{error.target} : aucune réponse SNMP (adresse, port ou communauté ?)", file=sys.stderr)
    except (DeviceProtocolError, DriverNotRegisteredError) as error:
        print(str(error), file=sys.stderr)
    except InvalidValueError as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the standard output is the answer
    sys.exit(main())
