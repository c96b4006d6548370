"""One CWMP session, from the box's side (TR-069 3.7.1): Inform, empty POST, the ACS's RPCs, until it has no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.agenda import stable_hash
from simulators.cwmp_box import soap
from simulators.cwmp_box.http import AcsConnection, HttpError, Response
from simulators.cwmp_box.model import moment
from simulators.cwmp_box.rpc import Rpc
from simulators.cwmp_box.soap import Message, SoapError, Value
from simulators.plant.state import BoxState, DataModel

_TIMEOUT_S = 30.0  # TR-069 3.7.1.1: a session times out after 30 s or more without an answer; wall time
_MAX_RPCS = 500  # C: an ACS that never ends its session is left
_RETRY_BASE_S = 5  # TR-069 3.2.1.1, CWMPRetryMinimumWaitInterval
_RETRY_LAST = 10  # from the 10th retry on, the same window

NAMESPACES = {
    DataModel.TR098: "urn:dslforum-org:cwmp-1-0",
    DataModel.TR181: "urn:dslforum-org:cwmp-1-2",
}


class SessionFailedError(Exception):
    """The ACS did not take the Inform, or the session broke."""


@dataclass(frozen=True, slots=True)
class InformHead:
    """What an Inform says besides its parameters.

    Attributes:
        events: Codes, each with its CommandKey, empty where it has none.
        changed: What changed since it was told, and is told now.
        transfers: TransferComplete messages that follow it.
    """

    box: BoxState
    events: Sequence[tuple[str, str]]
    at: datetime
    retry_count: int
    changed: Sequence[Value] = ()
    transfers: Sequence[str] = ()


def retry_delay(device: str, retry: int) -> timedelta:
    """Wait before the retry of that number, from 1: between 5 × 2^(n-1) and 5 × 2^n seconds (TR-069 3.2.1.1)."""
    shortest = _RETRY_BASE_S * 2 ** (min(retry, _RETRY_LAST) - 1)
    return timedelta(seconds=shortest + stable_hash(f"{device} {retry}") % (shortest + 1))


def inform_body(head: InformHead, rpc: Rpc) -> str:
    """The Inform element."""
    device = soap.structure(
        "DeviceId",
        (
            ("Manufacturer", head.box.manufacturer),
            ("OUI", head.box.device.oui),
            ("ProductClass", head.box.product_class),
            ("SerialNumber", head.box.device.serial),
        ),
    )
    events = [soap.structure("EventStruct", (("EventCode", code), ("CommandKey", key))) for code, key in head.events]
    return soap.call(
        "Inform",
        device
        + soap.array("Event", "cwmp:EventStruct", events)
        + "<MaxEnvelopes>1</MaxEnvelopes>"
        + f"<CurrentTime>{moment(head.at)}</CurrentTime><RetryCount>{head.retry_count}</RetryCount>"
        + soap.parameter_values("ParameterList", rpc.inform_values(head.changed)),
    )


class Session:
    """A session over one connection."""

    def __init__(self, connection: AcsConnection, rpc: Rpc, namespace: str, message_id: str) -> None:
        self._connection = connection
        self._rpc = rpc
        self._namespace = namespace
        self._id = message_id

    async def run(self, head: InformHead, accepted: Callable[[], None]) -> None:
        """Run it to its end; ``accepted`` is called once the ACS has taken the Inform.

        Raises `SessionFailedError`. On cancellation the connection is dropped at once.
        """
        try:
            response = await self._send(inform_body(head, self._rpc), self._id)
            if _read(response).method != "InformResponse":
                raise SessionFailedError("the Inform was refused")
            accepted()
            for number, transfer in enumerate(head.transfers, 1):
                if _read(await self._send(transfer, f"{self._id}_{number}")).method != "TransferCompleteResponse":
                    raise SessionFailedError("a TransferComplete was refused")
            response = await self._post(b"")
            for _ in range(_MAX_RPCS):
                if not response.body.strip():
                    return
                message = _read(response)
                response = await self._send(self._rpc.answer(message), message.id or self._id)
        except (OSError, EOFError, TimeoutError, HttpError, SoapError) as error:
            raise SessionFailedError(f"{type(error).__name__}: {error}") from error
        except asyncio.CancelledError:
            self._connection.abort()
            raise
        finally:
            await self._connection.close()

    async def _send(self, body: str, message_id: str) -> Response:
        return await self._post(soap.envelope(self._namespace, message_id, body))

    async def _post(self, body: bytes) -> Response:
        async with asyncio.timeout(_TIMEOUT_S):
            response = await self._connection.post(body)
        if response.status not in {200, 204}:
            raise SessionFailedError(f"HTTP {response.status}")
        return response


def _read(response: Response) -> Message:
    if not response.body.strip():
        raise SessionFailedError("no answer to the Inform")
    return soap.parse(response.body)
