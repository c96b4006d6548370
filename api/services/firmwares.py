"""The firmware files that may be installed: a TOML file that the operator of the boxes keeps.

::

    [[firmware]]
    model = "F@ST 5350"
    version = "9.30.12_F5350_Box"
    url = "http://firmware.example/f5350/9.30.12.img"
    size = 16777216
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from domain.errors import InvalidValueError
from domain.teleaction_ports import FirmwareFile

_FILES = TypeAdapter(tuple[FirmwareFile, ...])


class Firmwares:
    """A `domain.teleaction_ports.FirmwareCatalogue`."""

    def __init__(self, files: Sequence[FirmwareFile] = ()) -> None:
        self._files = tuple(files)

    @classmethod
    def load(cls, path: Path | None) -> Firmwares:
        """Read the file; no file, no firmware. Raises `InvalidValueError`."""
        if path is None:
            return cls()
        try:
            content = tomllib.loads(path.read_text("utf-8"))
            return cls(_FILES.validate_python(content.get("firmware", [])))
        except (OSError, tomllib.TOMLDecodeError, ValidationError):
            raise InvalidValueError("firmware_catalogue", path, "a readable TOML file of [[firmware]] tables") from None

    def files(self) -> Sequence[FirmwareFile]:
        """All of them."""
        return self._files
