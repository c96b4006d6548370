"""A logger that says each kind of trouble once, so that one broken box does not fill the log."""

from __future__ import annotations

import structlog


class LogOnce:
    """Logs the first event of each kind as a warning and the following ones at debug level only."""

    def __init__(self, component: str) -> None:
        self._log: structlog.stdlib.BoundLogger = structlog.get_logger(component)
        self._seen: set[str] = set()

    def __call__(self, kind: str, **fields: object) -> None:
        """Say that ``kind`` happened; ``fields`` never hold a secret, a value of a box or a user name."""
        if kind in self._seen:
            self._log.debug(kind, **fields)
            return
        self._seen.add(kind)
        self._log.warning(kind, **fields)
