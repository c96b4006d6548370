"""``python -m api openapi``: the document of the interface, printed."""

from __future__ import annotations

import argparse
import json
from typing import Any


def parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    command = commands.add_parser("openapi", help="print the OpenAPI document of the interface")
    command.add_argument("--language", choices=("fr", "en"), default="en", help="language (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Print it."""
    from api.app import described  # noqa: PLC0415 - the other commands need no application
    from api.contract.document import document  # noqa: PLC0415 - as above

    print(json.dumps(document(described(), options.language), ensure_ascii=False, indent=1))  # noqa: T201 - the answer
    return 0
