"""Files that a box fetches and sends once its session is over (TR-069 A.3.2.8, A.4.1.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from simulators.cwmp_box import faults, soap
from simulators.cwmp_box.authorization import Login
from simulators.cwmp_box.faults import BoxFaultError
from simulators.cwmp_box.http import Address, HttpError, StatusError, get, put
from simulators.cwmp_box.model import Facts, Parameter
from simulators.cwmp_box.rpc import Asked
from simulators.plant.box_orders import Defect, Executed

_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Firmware:
    """A simulated image: lines ``version=…``, ``model=…`` and maybe ``defect=…``."""

    version: str
    model: str
    defect: Defect

    @classmethod
    def parse(cls, image: bytes) -> Firmware | None:
        """Read an image; ``None`` for what is none."""
        lines = dict(line.partition("=")[::2] for line in image.decode("utf-8", "replace").splitlines())
        if "version" not in lines or lines.get("defect", "") not in set(Defect):
            return None
        return cls(lines["version"], lines.get("model", ""), Defect(lines.get("defect", "")))


async def fetched(order: Asked, product_class: str) -> Firmware:
    """Fetch a firmware; raises `BoxFaultError`."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            image = Firmware.parse(await get(Address.parse(order.url), Login(*order.login)))
    except (OSError, EOFError, TimeoutError, HttpError, ValueError) as error:
        raise BoxFaultError(_code(error, faults.DOWNLOAD_FAILURE)) from error
    if image is None or image.defect is Defect.CORRUPT or (image.model and image.model != product_class):
        raise BoxFaultError(faults.FILE_CORRUPTED)
    return image


async def sent(order: Asked, file: bytes) -> None:
    """Send a file; raises `BoxFaultError`."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await put(Address.parse(order.url), Login(*order.login), file)
    except (OSError, EOFError, TimeoutError, HttpError, ValueError) as error:
        raise BoxFaultError(_code(error, faults.UPLOAD_FAILURE)) from error


def _code(error: Exception, otherwise: int) -> int:
    if isinstance(error, StatusError):
        if error.status in {401, 403}:
            return faults.TRANSFER_UNAUTHORISED
        return faults.NO_FILE if error.status in {404, 410} else otherwise
    return faults.NO_FILE_SERVER if isinstance(error, OSError) else otherwise  # TimeoutError is one


def configuration(parameters: Iterable[Parameter], facts: Facts) -> bytes:
    """The configuration of a box: what may be written of it, secrets as empty as they read."""
    lines = [f"{item.name}={item.read(facts)}\n" for item in parameters if item.write is not None]
    return "".join(lines).encode()


def log(executed: Iterable[Executed], facts: Facts) -> bytes:
    """What a box did, a line each."""
    lines = [f"{facts.box.booted_at:%Y-%m-%dT%H:%M:%SZ} kernel: started, {facts.box.firmware}\n"]
    lines += [f"{entry.at:%Y-%m-%dT%H:%M:%SZ} cwmp: {entry.kind}\n" for entry in executed]
    return "".join(lines).encode()


def transfer_complete(key: str, code: int = 0) -> str:
    """The TransferComplete of a box (TR-069 A.3.3.2)."""
    text = faults.TEXTS[code] if code else ""
    fault = soap.structure("FaultStruct", (("FaultCode", str(code)), ("FaultString", text)))
    times = "<StartTime>0001-01-01T00:00:00Z</StartTime><CompleteTime>0001-01-01T00:00:00Z</CompleteTime>"
    return soap.call("TransferComplete", f"<CommandKey>{escape(key)}</CommandKey>{fault}{times}")
