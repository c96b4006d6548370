"""``python -m api serve | demo | token | migrate | replay | backtest | audit | gtr | openapi``."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta

from pydantic import ValidationError

from api import again, auditing, gtr_command
from api.contract import command as openapi_command
from api.logs import configure
from api.loop import run
from api.settings import Settings, explain
from domain.errors import DiagnosticsError
from domain.principal import Principal, Right


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="Diagnostics of FTTH accesses: the service.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the service: HTTP interface, page, ACS, RADIUS intake, polling")
    commands.add_parser("migrate", help="bring the records to the present schema")
    demo = commands.add_parser("demo", help="run the service on a simulated plant and diagnose three accesses")
    demo.add_argument("--once", action="store_true", help="exit after the three diagnoses")
    demo.add_argument("--port", type=int, help="port of the page (default: 8080, or any where it is taken; 0: any)")
    demo.add_argument("--plant", help="description of another plant (YAML)")
    token = commands.add_parser("token", help="create an operator and an account, and print an access token")
    token.add_argument("--operator", required=True, help="key of the operator, such as 397480930")
    token.add_argument("--account", required=True, help="login of the account")
    token.add_argument("--infrastructure", action="store_true", help="the operator owns the OLTs")
    token.add_argument("--days", type=int, default=365, help="validity (default: %(default)s)")
    token.add_argument(
        "--right", action="append", required=True, choices=[right.value for right in Right], help="may be repeated"
    )
    again.parsers(commands)
    auditing.parser(commands)
    gtr_command.parser(commands)
    openapi_command.parser(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    configure()
    if options.command in {"demo", "gtr", "openapi"}:
        return _without_settings(options)
    try:
        settings = Settings()  # the environment gives the required values
    except ValidationError as error:
        print(f"The settings are not complete:\n{explain(error)}", file=sys.stderr)
        return 2
    try:
        if options.command in again.COMMANDS:
            return run(again.run(options, settings.database_url))
        return run(_run(options, settings))
    except (OSError, DiagnosticsError) as error:
        print(error, file=sys.stderr)
        return again.IMPOSSIBLE if options.command in again.COMMANDS else 1


def _without_settings(options: argparse.Namespace) -> int:
    """A command that needs no settings."""
    try:
        if options.command == "gtr":
            return gtr_command.run(options)
        if options.command == "openapi":
            return openapi_command.run(options)
        from api.demo.show import show  # noqa: PLC0415 - the only command that needs the simulators

        return run(show(once=options.once, port=options.port, plant=options.plant))
    except (OSError, DiagnosticsError) as error:
        print(error, file=sys.stderr)
        return 1 if options.command == "demo" else 2


async def _run(options: argparse.Namespace, settings: Settings) -> int:
    if options.command == "serve":
        from api.serve import serve  # noqa: PLC0415 - the other commands need no server

        await serve(settings)
        return 0
    if options.command == "audit":
        return await auditing.run(options, settings)
    from storage.migration import migrate  # noqa: PLC0415 - as above

    await migrate(settings.database_url)
    if options.command == "token":
        from api.security.accounts import issue  # noqa: PLC0415 - as above

        rights = frozenset(Right(value) for value in options.right)
        who = Principal(options.operator, options.account, rights)
        print(await issue(settings, who, infrastructure=options.infrastructure, lifetime=timedelta(days=options.days)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
