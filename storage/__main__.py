"""``python -m storage migrate|status [--url URL]``: bring the records to this version's schema, or compare."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from domain.errors import DiagnosticsError
from storage.engines import parse_url
from storage.migration import migrate, status

DEFAULT_URL = "sqlite+aiosqlite:///var/records.sqlite"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the records are up to date at its end, 1 when they are not, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="python -m storage", description="Schema of the records.")
    parser.add_argument("command", choices=("migrate", "status"))
    parser.add_argument(
        "--url",
        default=os.environ.get("DIAG_DATABASE_URL", DEFAULT_URL),
        help="SQLAlchemy URL of the records (DIAG_DATABASE_URL, else %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        shown = parse_url(options.url).render_as_string(hide_password=True)
        found = asyncio.run((migrate if options.command == "migrate" else status)(options.url))
    except DiagnosticsError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{shown}: schema {found.current or 'none'}, this version's is {found.head}")
    return 0 if found.up_to_date else 1


if __name__ == "__main__":
    sys.exit(main())
