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
from collectors.inspection import (
    NO_DRIVER,
    USER_REFUSED,
    OtherVendorError,
    as_json,
    as_text,
    check_vendor,
    inspect,
    probe,
)
from collectors.onboarding import AUTO, onboard
from collectors.register import DriverNotRegisteredError, Site, drivers
from collectors.snmp.udp import Counters
from domain.clock import WallClock
from domain.errors import CollectionError, DeviceTimeoutError, DeviceUnreachableError, InvalidValueError
from domain.olt import CliAccess, OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import Secret

_SNMP_PORT, _SSH_PORT = 161, 22
_PASSWORD_VARIABLE = "OLT_CLI_PASSWORD"  # noqa: S105 - its name
_AUTH_VARIABLE, _PRIVACY_VARIABLE = "OLT_AUTH_PASSWORD", "OLT_PRIVACY_PASSWORD"  # names


def _endpoint(text: str, default: int = _SNMP_PORT) -> tuple[str, int]:
    """Read ``host``, ``host:port``, ``[v6]:port``; raises `InvalidValueError`."""
    host, _, port = text.rpartition(":") if "]" in text or text.count(":") == 1 else (text, "", "")
    if text.endswith("]"):
        host, port = text, ""
    host = host.strip("[]")
    if not host or (port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
        raise InvalidValueError("HOST:PORT", text, "un hôte et un port, par exemple 192.0.2.1:161")
    return host, int(port) if port else default


async def _inspect(arguments: argparse.Namespace, site: Site) -> str:
    target, few_s = _target(arguments), min(arguments.timeout, 10.0)
    if target.vendor == AUTO:
        target = replace(target, vendor=await probe(agent_of(target), few_s, site))
    elif target.vendor in drivers():
        await check_vendor(target, few_s, site)
    walk = await inspect(target, WallClock(), arguments.timeout, site)
    if arguments.json:
        return json.dumps(as_json(target, walk), ensure_ascii=False, indent=2)
    return as_text(target, walk)


def _cli_access(text: str | None) -> CliAccess | None:
    """Read ``user@host:port``."""
    if text is None:
        return None
    user, found, endpoint = text.rpartition("@")
    if not found or not user:
        raise InvalidValueError("--cli", text, "un utilisateur, un hôte et un port, par exemple admin@192.0.2.1:22")
    host, port = _endpoint(endpoint, _SSH_PORT)
    return CliAccess(host, port, user, _secret(_PASSWORD_VARIABLE, f"Mot de passe de {user}@{host}"))


def _secret(variable: str, asked: str) -> Secret:
    """A password: never an argument; the environment has it, or the terminal asks."""
    password = os.environ.get(variable)
    if password is None:
        if not sys.stdin.isatty():
            raise InvalidValueError(variable, "", "un mot de passe, donné dans l'environnement")
        password = getpass.getpass(f"{asked} : ")
    return Secret(password)


def _user(arguments: argparse.Namespace) -> SnmpUser | None:
    """The SNMPv3 user, with as much security as was asked."""
    if arguments.user is None:
        return None
    auth = None if arguments.auth is None else SnmpAuth(arguments.auth)
    privacy = None if arguments.privacy is None else SnmpPrivacy(arguments.privacy)
    return SnmpUser(
        arguments.user,
        auth,
        None if auth is None else _secret(_AUTH_VARIABLE, f"Mot de passe d'authentification de {arguments.user}"),
        privacy,
        None if privacy is None else _secret(_PRIVACY_VARIABLE, f"Mot de passe de chiffrement de {arguments.user}"),
    )


def _target(arguments: argparse.Namespace, cli: CliAccess | None = None) -> OltTarget:
    host, port = _endpoint(arguments.endpoint)
    community, user = Secret(arguments.community), _user(arguments)
    return OltTarget("", f"{host}:{port}", arguments.vendor, host, port, community, cli, user)


async def _onboard(arguments: argparse.Namespace, site: Site) -> tuple[str, str]:
    """The report, and why the CLI could not be opened."""
    target = _target(arguments, _cli_access(arguments.cli))
    found = await onboard(target, WallClock(), timeout_s=arguments.timeout, site=site)
    if arguments.json:
        return json.dumps(onboarding_text.as_json(found), ensure_ascii=False, indent=2), found.cli_refusal
    return onboarding_text.as_text(found), found.cli_refusal


async def _run(arguments: argparse.Namespace, site: Site) -> int:
    try:
        if arguments.command == "inspect":
            print(await _inspect(arguments, site))
            return 0
        report, refusal = await _onboard(arguments, site)
    finally:
        await site.engines.close()
    print(report)
    if refusal:
        why = onboarding_text.refusal_fr(refusal)
        print(f"{arguments.cli} : la CLI n'a pas pu être ouverte ({why})", file=sys.stderr)
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
    command.add_argument("--user", metavar="NOM", help="utilisateur SNMPv3, au lieu de la communauté")
    auths, ciphers = [*map(str, SnmpAuth)], [*map(str, SnmpPrivacy)]
    command.add_argument("--auth", choices=auths, help=f"son authentification ; mot de passe dans {_AUTH_VARIABLE}")
    command.add_argument("--privacy", choices=ciphers, help=f"son chiffrement ; mot de passe dans {_PRIVACY_VARIABLE}")
    command.add_argument("--vendor", default=AUTO, help="pilote, ou auto : d'après sysObjectID")
    command.add_argument("--json", action="store_true", help="sortie JSON")
    command.add_argument("--timeout", type=float, default=60.0, metavar="S", help="durée maximale en secondes (60)")


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    arguments, site = _parser().parse_args(argv), Site()
    try:
        return asyncio.run(_run(arguments, site))
    except InvalidValueError as error:
        print(f"{error.field} : {error.value!r} refusé ; attendu : {error.expected}", file=sys.stderr)
        return 2
    except (CollectionError, DriverNotRegisteredError) as error:
        print(_told(error, site.counters), file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _told(error: CollectionError | DriverNotRegisteredError, counters: Counters) -> str:
    """What went wrong, for who stands before the OLT."""
    if isinstance(error, DriverNotRegisteredError):
        return f"aucun pilote de ce nom ; il y a : {', '.join(error.known)}"
    match error:
        case OtherVendorError():
            why = f"cet OLT se dit {error.told}, et non {error.declared} (--vendor {error.told})"
        case DeviceTimeoutError() if counters.received:
            said = f"{counters.sent} demandes, {counters.received} réponses, dont {counters.malformed} illisibles"
            why = f"l'agent SNMP répond trop peu ({said}) : pertes sur le chemin, ou OLT surchargé ?"
        case DeviceTimeoutError():
            why = "aucune réponse SNMP (adresse, port, communauté ou version ? filtrage ?)"
        case DeviceUnreachableError():
            why = "nom inconnu, ou pas de route vers cette adresse"
        case _ if error.detail == USER_REFUSED:
            why = "l'agent refuse cet utilisateur SNMPv3 (nom, mots de passe ou niveau ?)"
        case _ if error.detail.startswith(NO_DRIVER):
            why = f"aucun pilote ne reconnaît cet équipement (sysObjectID {error.detail.split()[-1]})"
        case _:
            why = error.detail
    return f"{error.target} : {why}"


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the standard output is the answer
    sys.exit(main())
