"""Runs CwmpClient (PyPI, by Remi Bonnet), unmodified, for one session: ``python independent_cpe.py ACS_URL``.

Its own ``__main__`` knows one ACS alone, its author's: this does what that does, and names another.
"""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

from CwmpClient.nodes import BaseNode
from CwmpClient.plugins import tr069


async def main(url: str) -> None:
    root = BaseNode()
    await tr069.loader(root)
    root["Device"]["ManagementServer"]["URL"](url)
    await tr069.start(SimpleNamespace(root=root))


asyncio.run(main(sys.argv[1]))
