"""The embedded ACS: what is answered to each request of a box (TR-069 3.7), and what is asked of it in return."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from collectors.boxes import rpc
from collectors.boxes.connection_request import ConnectionRequester, Network
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.envelope import Envelope, EnvelopeError, parse
from collectors.boxes.gateway import AcsGateway, ReadDesk
from collectors.boxes.mapping import DataModel, Vocabulary
from collectors.boxes.once import LogOnce
from collectors.boxes.scripts import BoxKind, PlanCache, ReadValues, read_box, set_texts
from collectors.boxes.session import COOKIE, Session, SessionTable, Work
from collectors.boxes.settings import AcsSettings
from collectors.boxes.stats import AcsStats
from collectors.boxes.wire import (
    BodyTooLargeError,
    ClientGoneError,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read_request,
    send_response,
)
from domain.box import Inform, KnownBox
from domain.clock import Clock
from domain.metric import Readings
from domain.metrics.box import BOX_LAST_INFORM, BOX_SERIAL
from domain.ports import BoxStore
from domain.reading import Source, Via, known
from domain.secret import Secret

_END: Final = Response(204)
_BAD: Final = Response(400, close=True)
_BOOTSTRAP: Final = "0 BOOTSTRAP"
# A factory reset shows only "1 BOOT" on some clients, so a boot is treated as a first contact too.
_FIRST_CONTACT: Final = frozenset({_BOOTSTRAP, "1 BOOT"})


class AcsApp:
    """The ACS as an ASGI application. Build it with `acs_app`.

    Attributes:
        stats: Its counters.
        gateway: Live reads of boxes.
        credentials: Connection-request credentials of boxes.
    """

    def __init__(
        self,
        store: BoxStore,
        clock: Clock,
        credentials: BoxCredentials,
        requester: ConnectionRequester,
        settings: AcsSettings,
    ) -> None:
        self.stats = AcsStats()
        self.credentials = credentials
        self._store = store
        self._clock = clock
        self._settings = settings
        self._vocabulary = Vocabulary.load()
        self._plans = PlanCache()
        self._sessions = SessionTable(settings, self.stats)
        self._desk = ReadDesk(in_session=self._sessions.is_open)
        self._log = LogOnce("acs")
        self.gateway = AcsGateway(self._desk, requester, credentials, clock, self._vocabulary.metrics(), self.stats)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            response = await self._respond(scope, receive)
            if response is not None:
                await send_response(send, response)

    async def aclose(self) -> None:
        """Release every session and reader."""
        self._sessions.close()
        await self.gateway.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.gateway.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _respond(self, scope: Scope, receive: Receive) -> Response | None:
        if scope["method"] != "POST":
            return Response(405)
        try:
            return await self._handle(await read_request(scope, receive, self._settings.body_limit_bytes))
        except BodyTooLargeError:
            self.stats.oversized += 1
            self._log("body_too_large")
            return Response(413, close=True)
        except EnvelopeError as error:
            return self._malformed(error)
        except ClientGoneError:
            return None

    def _malformed(self, error: EnvelopeError) -> Response:
        if error.kind == "doctype":
            self.stats.doctypes += 1
        else:
            self.stats.malformed += 1
        self._log(f"malformed_envelope_{error.kind}")
        return _BAD

    async def _handle(self, request: Request) -> Response:
        session = self._sessions.find(request.cookie, request.peer)
        if not request.body.strip():
            return await self._turn(session, None)
        try:
            envelope = parse(request.body, request.content_type)
            if envelope.method == "Inform":
                return await self._inform(rpc.read_inform(envelope, self._clock.now()), envelope, request)
        except EnvelopeError:
            if session is not None:
                self._sessions.release(session)
            raise
        if session is None:
            self.stats.orphans += 1
            return _BAD
        return await self._continue(session, envelope)

    async def _continue(self, session: Session, envelope: Envelope) -> Response:
        if envelope.method == "Fault":
            return await self._turn(session, self._fault(envelope))
        if not envelope.method or envelope.method.endswith("Response"):
            return await self._turn(session, envelope if envelope.method else None)
        self._sessions.touch(session)
        return self._envelope(session, envelope.id or "", rpc.answer_to_box(envelope.method))

    def _fault(self, envelope: Envelope) -> rpc.RpcFault:
        self.stats.faults += 1
        fault = rpc.read_fault(envelope)
        code = fault.code if fault.code in rpc.BOX_FAULTS else "other"  # a box says what it likes
        self._log(f"box_fault_{code}", parameters=[name[:256] for name in sorted(fault.parameters)[:8]])
        return fault

    # A session begins

    async def _inform(self, inform: Inform, envelope: Envelope, request: Request) -> Response:
        self.stats.informs += 1
        session = Session(inform.device, request.peer, inform.cwmp_namespace, asyncio.get_running_loop().time())
        try:
            box = await self._store.find(inform.device)
            if box is None:
                self.stats.strangers += 1
                self._log("box_without_access", oui=inform.device.oui)
                await self._store.parked(inform)
            else:
                self._welcome(session, box, inform)
                await self._store.informed(box, inform, session.informed)
        except Exception as error:  # noqa: BLE001 - whatever the store raises, the box gets an answer
            return self._store_failed(None, error)
        self._sessions.add(session)
        if box is not None:
            self._desk.arrived(inform.device, session.informed)
        path = "; Path=/" if self._settings.cookie_path else ""
        cookie = f"{COOKIE}={session.token}{path}"
        return self._envelope(session, envelope.id or "", rpc.inform_response(), cookie)

    def _welcome(self, session: Session, box: KnownBox, inform: Inform) -> None:
        """Decide what the session is for."""
        model = self._vocabulary.detect(inform.parameters)
        first = box.connection is None or not _FIRST_CONTACT.isdisjoint(inform.events)
        if _BOOTSTRAP in inform.events:
            self._plans.forget(inform.device)
        session.box = box
        session.model = model
        session.informed = self._readings(inform, model)
        if model is not None:
            firmware = inform.parameters.get(model.root + "DeviceInfo.SoftwareVersion") or ""
            session.kind = BoxKind(inform.device.oui, inform.product_class, firmware, model.root)
            if first:
                self._desk.unprovisioned.add(inform.device)
            session.provision = session.read = inform.device in self._desk.unprovisioned

    def _readings(self, inform: Inform, model: DataModel | None) -> Readings:
        identity = Readings(
            {
                BOX_LAST_INFORM: known(inform.at, inform.at, Source(Via.CWMP, "Inform")),
                BOX_SERIAL: known(inform.device.serial, inform.at, Source(Via.CWMP, "DeviceId.SerialNumber")),
            }
        )
        return identity if model is None else identity.merged(model.decode(inform.parameters, inform.at))

    # A session goes on

    async def _turn(self, session: Session | None, answer: rpc.Answer | None) -> Response:
        """The box's turn is over: ask it something, or end."""
        if session is None:
            self.stats.orphans += 1
            return _END
        if session.busy:
            return _BAD
        session.busy = True
        try:
            request = await self._next(session, self._expected(session, answer))
        except Exception as error:  # noqa: BLE001 - whatever the store raises, the box gets an answer
            return self._store_failed(session, error)
        finally:
            session.busy = False
        if request is None:
            if self._sessions.release(session):
                self.stats.completed += 1
            return _END
        session.rpcs += 1
        self.stats.rpcs += 1
        session.expects = request.name + "Response"
        self._sessions.touch(session)
        return self._envelope(session, str(session.rpcs), request.body())

    def _expected(self, session: Session, answer: rpc.Answer | None) -> rpc.Answer:
        """The answer to what was asked; anything else is as if the box had not answered."""
        wanted, session.expects = session.expects, None
        if wanted is not None and isinstance(answer, Envelope) and answer.method != wanted:
            self.stats.unexpected += 1
            self._log("unexpected_answer", wanted=wanted)
            answer = None
        return answer if answer is not None else rpc.RpcFault(rpc.FAULT_NO_ANSWER)

    async def _next(self, session: Session, answer: rpc.Answer) -> rpc.Rpc | None:
        age_s = asyncio.get_running_loop().time() - session.started_at
        if session.rpcs >= self._settings.max_rpcs or age_s > self._settings.session_cap_s:
            self._log("session_cap_reached", rpcs=session.rpcs)
            return None
        resumed = session.work is not None
        while True:
            if session.work is None:
                session.work = self._next_work(session)
                resumed = False
            work = session.work
            if work is None:
                return None
            try:
                return work.send(answer) if resumed else work.start()
            except StopIteration as done:
                session.work = None
                await work.finish(done.value)
                if not self._sessions.alive(session):  # a new Inform took its place meanwhile
                    return None

    def _next_work(self, session: Session) -> Work | None:
        box, model, kind = session.box, session.model, session.kind
        if box is None or model is None or kind is None:
            return None
        if session.provision:
            session.provision = False
            return self._provisioning(box, model)
        if session.read or self._desk.waiting(session.device):
            session.read = False

            async def keep(found: ReadValues) -> None:
                await self._keep(session, box, model, found)

            return Work(read_box(model, self._plans, kind, box.device, self._settings.batch), keep)
        return None

    def _provisioning(self, box: KnownBox, model: DataModel) -> Work:
        username, password = self.credentials.of(box.device)
        server = model.root + "ManagementServer.ConnectionRequest"

        async def done(fault: rpc.RpcFault | None) -> None:
            if fault is not None:
                self._log("credentials_not_set", device=str(box.device), code=fault.code)
            if fault is None or fault.code != rpc.FAULT_NO_ANSWER:
                self._desk.unprovisioned.discard(box.device)

        return Work(set_texts({server + "Username": username, server + "Password": password.reveal()}), done)

    async def _keep(self, session: Session, box: KnownBox, model: DataModel, found: ReadValues) -> None:
        readings = model.decode(found.values, self._clock.now(), found.asked)
        # Readers are woken before the store is written: what they wait for is the box, not the disk.
        self._desk.served(session.device, session.informed.merged(readings), session.rpcs)
        await self._store.observed(box, readings)

    # Answers

    def _envelope(self, session: Session, header_id: str, body: str, cookie: str | None = None) -> Response:
        return Response(200, rpc.write(session.namespace, header_id, body), cookie)

    def _store_failed(self, session: Session | None, error: Exception) -> Response:
        self.stats.store_errors += 1
        self._log("store_failed", error=type(error).__name__)
        if session is not None:
            self._sessions.release(session)
        return Response(500, close=True)


def acs_app(
    store: BoxStore,
    clock: Clock,
    server_key: Secret,
    allowed_networks: Sequence[Network],
    settings: AcsSettings | None = None,
) -> AcsApp:
    """The embedded ACS.

    Args:
        store: Where boxes are found and kept.
        clock: The clock of the observed world.
        server_key: Key that the connection-request passwords are derived from.
        allowed_networks: Networks in which boxes may be called (`collectors.boxes.connection_request.networks`).
        settings: Its limits.
    """
    chosen = settings or AcsSettings()
    requester = ConnectionRequester(allowed_networks, chosen.call_timeout_s)
    return AcsApp(store, clock, BoxCredentials(server_key), requester, chosen)
