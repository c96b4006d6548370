"""Logs: one JSON object a line on standard error, secrets redacted."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

from domain.secret import MASK

_SECRET_WORDS = ("password", "community", "token", "secret", "username", "authorization", "cookie")


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide the values whose names say that they are secrets, whatever logged them."""
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = MASK
    return event


class LibraryFormatter(logging.Formatter):
    """What a library logs, in the same form as our own events: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, its traceback included."""
        event = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


def on_standard_error(*_: object) -> structlog.WriteLogger:
    """A logger on the standard error of the moment: the standard output belongs to what a command answers."""
    return structlog.WriteLogger(sys.stderr)


def configure(level: int = logging.INFO) -> None:
    """Send every log of the process, ours and the libraries', to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=on_standard_error,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LibraryFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
