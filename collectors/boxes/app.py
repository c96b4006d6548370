"""The embedded ACS: what is answered to each request of a box (TR-069 3.7), and what is asked of it in return."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from collectors.boxes import rpc, stun
from collectors.boxes.actions import AcsActions, Order, OrderDesk
from collectors.boxes.acts import READS, Said
from collectors.boxes.authentication import FIRST_CONTACT, Authenticator, Claim, Proof, Verdict, own_username
from collectors.boxes.connection_request import ConnectionRequester, Network
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.envelope import Envelope, EnvelopeError, parse
from collectors.boxes.gateway import AcsGateway, ReadDesk
from collectors.boxes.mapping import DataModel, Vocabulary
from collectors.boxes.once import LogOnce
from collectors.boxes.requests import Rpc
from collectors.boxes.schedule import schedule, since_first_try
from collectors.boxes.scripts import BoxKind, PlanCache, ReadValues, provision, read_box
from collectors.boxes.session import COOKIE, Peer, Session, SessionTable, Work
from collectors.boxes.settings import AcsSettings, AuthMode
from collectors.boxes.stats import AcsStats
from collectors.boxes.trust import Trust
from collectors.boxes.wire import BodyTooLargeError, Request, Response, inflate
from domain import box_keys
from domain.box import Inform, KnownBox
from domain.box_actions import BoxEvent
from domain.clock import Clock
from domain.identifiers import DeviceId
from domain.metric import Readings
from domain.metrics.box import BOX_LAST_INFORM, BOX_SERIAL
from domain.ports import BoxStore
from domain.reading import Source, Via, known
from domain.secret import Secret

_END: Final = Response(204)
_BAD: Final = Response(400, close=True)
_BOOTSTRAP: Final = "0 BOOTSTRAP"
_ROUTINE: Final = frozenset({"2 PERIODIC", "4 VALUE CHANGE", "6 CONNECTION REQUEST"})  # told by the Inform itself


class AcsApp:
    """The ACS, apart from its HTTP side. Build it with `acs_app`.

    Attributes:
        stats: Its counters.
        settings: Its limits.
        gateway: Live reads of boxes.
        actions: Acts on boxes.
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
        self.settings = settings
        self._vocabulary = Vocabulary.load()
        self._plans = PlanCache()
        self._sessions = SessionTable(settings, self.stats)
        self._desk = ReadDesk(in_session=self._sessions.is_open)
        self._orders = OrderDesk(self._sessions.is_open)
        self._authenticator = Authenticator(credentials, settings, time.monotonic, clock)
        self._log = LogOnce("acs")
        self._trust = Trust(store, credentials, settings, self.stats, self._log)
        self.gateway = AcsGateway(self._desk, requester, credentials, clock, self._vocabulary.metrics(), self.stats)
        self.actions = AcsActions(self._orders, self.gateway.call, store, clock, settings)

    async def respond(self, request: Request) -> Response:
        """The answer to one request."""
        if request.method != "POST":
            return Response(405)
        try:
            body = inflate(request.body, request.encoding, self.settings.body_limit_bytes)
            return await self._handle(request, body)
        except BodyTooLargeError:
            self.body_too_large()
            return Response(413, close=True)
        except EnvelopeError as error:
            return self._malformed(error)

    def hearing(self, cookie: str, peer: Peer | None) -> None:
        """A box is still sending a long answer: on a slow link that may take longer than it may be silent."""
        session = self._sessions.find(cookie, peer)
        if session is not None and self._age_s(session) < self.settings.session_cap_s:
            self._sessions.touch(session)

    def body_too_large(self) -> None:
        """Count a body above the limit."""
        self.stats.oversized += 1
        self._log("body_too_large")

    async def aclose(self) -> None:
        """Release every session and reader."""
        self._sessions.close()
        await self.gateway.close()

    def _malformed(self, error: EnvelopeError) -> Response:
        if error.kind == "doctype":
            self.stats.doctypes += 1
        else:
            self.stats.malformed += 1
        self._log(f"malformed_envelope_{error.kind}")
        return _BAD

    async def _handle(self, request: Request, body: bytes) -> Response:
        session = self._sessions.find(request.cookie, request.peer)
        if not body or not body.strip():
            return await self._turn(session, None)
        try:
            envelope = parse(body, request.content_type)
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
        if session.box is not None and envelope.method in rpc.TRANSFERS:
            # Kept before it is answered: a box repeats until it has our answer, and not once more.
            event = rpc.read_transfer(envelope, self._clock.now())
            try:
                await self._store.announced(session.box, [event])
            except Exception as error:  # noqa: BLE001 - whatever the store raises, the box gets an answer
                return self._store_failed(session, error)
            self._orders.heard(session.device, event)
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
            refusal = await self._authenticate(session, box, inform, request)
            if refusal is not None:
                return refusal
            if box is None:
                self.stats.strangers += 1
                self._log("box_without_access", oui=inform.device.oui)
                await self._store.parked(inform)
            else:
                self._welcome(session, box, inform)
                if not await self._keep_inform(session, box, inform):
                    return self._refusal(session.proof, request)
        except Exception as error:  # noqa: BLE001 - whatever the store raises, the box gets an answer
            return self._store_failed(None, error)
        self._sessions.add(session)
        if box is not None:
            self._desk.arrived(inform.device, session.informed)
        path = "; Path=/" if self.settings.cookie_path else ""
        cookie = f"{COOKIE}={session.token}{path}"
        version = rpc.version_in_use(envelope.versions)
        written = rpc.write(session.namespace, envelope.id or "", rpc.inform_response(), version)
        return Response(200, written, cookie)

    async def _authenticate(
        self, session: Session, box: KnownBox | None, inform: Inform, request: Request
    ) -> Response | None:
        """A 401 unless the request proves who speaks. Only the Inform is asked: what follows has its cookie."""
        if self.settings.auth is AuthMode.OFF and not request.authorization and request.certificate is None:
            return None
        proof = self._authenticator.proof(
            request.authorization, request.method, tls=request.tls, certificate=request.certificate
        )
        session.proof, session.verdict = proof, self._authenticator.judge(proof, box, inform)
        if session.verdict is not Verdict.REFUSED:
            session.proved = proof.is_of(inform.device, box)
            self.stats.former_secrets += proof.claim is Claim.FORMER
            return None
        if box is not None:
            await self._trust.refused(session, box, inform)
        return self._refusal(proof, request)

    def _refusal(self, proof: Proof, request: Request) -> Response:
        self.stats.unauthenticated += 1
        stale = proof.claim is Claim.STALE
        return Response(401, challenges=self._authenticator.challenge(stale=stale, tls=request.tls))

    async def _keep_inform(self, session: Session, box: KnownBox, inform: Inform) -> bool:
        """Keep an Inform and what it announces; a repeated one (RetryCount) announces nothing new.

        ``False`` when what let it in does so no more: somebody else came as the same box at the same time.
        """
        await self._store.informed(box, inform, session.informed)
        if session.proof.claim is not Claim.NOTHING:
            trusted = await self._trust.proved(session, box, inform)
            if trusted is None:
                return False
            session.box = trusted
        told = [BoxEvent(inform.at, code, key) for code, key in _keyed(inform) if code not in _ROUTINE]
        if told and inform.retry_count:
            before = await self._store.events(box, inform.at - since_first_try(inform.retry_count))
            heard = {(event.code, event.key) for event in before}
            told = [event for event in told if (event.code, event.key) not in heard]
        if told:
            await self._store.announced(box, told)
        for event in told:
            self._orders.heard(box.device, event)
        return True

    def _welcome(self, session: Session, box: KnownBox, inform: Inform) -> None:
        """Decide what the session is for."""
        model = self._vocabulary.detect(inform.parameters)
        first = box.connection is None or not FIRST_CONTACT.isdisjoint(inform.events)
        if _BOOTSTRAP in inform.events:
            self._plans.forget(inform.device)
        session.box, session.offer = box, box.generation
        session.model = model
        session.informed = self._readings(inform, model)
        if model is not None:
            firmware = inform.parameters.get(model.root + "DeviceInfo.SoftwareVersion") or ""
            session.kind = BoxKind(inform.device.oui, inform.product_class, firmware, model.root)
            session.read = first or inform.device in self._desk.unprovisioned
            if first or (not session.proved and self.settings.auth is not AuthMode.OFF):
                self._desk.unprovisioned.add(inform.device)
            session.provision = inform.device in self._desk.unprovisioned

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
            again = self._asked_again(session, answer)
            request = again or await self._next(session, self._expected(session, answer))
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
        if session.work is not None:
            session.work.sent(request)
        session.expects, session.asked = request.name + "Response", request
        self._sessions.touch(session)
        return self._envelope(session, str(session.rpcs), request.body())

    def _asked_again(self, session: Session, answer: rpc.Answer | None) -> Rpc | None:
        """A read that got the answer to something else is asked once more in a session: it changes nothing."""
        asked = session.asked
        strayed = isinstance(answer, Envelope) and session.expects is not None and answer.method != session.expects
        if not strayed or asked is None or asked.name not in READS or session.repeated:
            return None
        self.stats.unexpected += 1
        session.repeated = True
        return asked

    def _expected(self, session: Session, answer: rpc.Answer | None) -> rpc.Answer:
        """The answer to what was asked; anything else is as if the box had not answered."""
        wanted, session.expects = session.expects, None
        if wanted is not None and isinstance(answer, Envelope) and answer.method != wanted:
            self.stats.unexpected += 1
            self._log("unexpected_answer", wanted=wanted)
            answer = None
        return answer if answer is not None else rpc.RpcFault(rpc.FAULT_NO_ANSWER)

    async def _next(self, session: Session, answer: rpc.Answer) -> Rpc | None:
        if session.rpcs >= self.settings.max_rpcs or self._age_s(session) > self.settings.session_cap_s:
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

    def _age_s(self, session: Session) -> float:
        return asyncio.get_running_loop().time() - session.started_at

    def _next_work(self, session: Session) -> Work | None:
        box, model, kind = session.box, session.model, session.kind
        if box is None or model is None or kind is None:
            return None
        if session.provision:
            session.provision = False
            return self._provisioning(session, box, model)
        order = self._orders.next(session.device)
        if order is not None:
            return self._carrying(box.device, model, order)
        if session.read or self._desk.waiting(session.device):
            session.read = False

            async def keep(found: ReadValues) -> None:
                await self._keep(session, box, model, found)

            return Work(read_box(model, self._plans, kind, box.device, self.settings.batch), keep)
        return None

    def _carrying(self, device: DeviceId, model: DataModel, order: Order) -> Work:
        async def done(said: Said) -> None:
            if not order.done.done():
                order.done.set_result(said)

        return Work(order.make(model), done, order.sent, lambda: self._orders.lost(device, order))

    def _provisioning(self, session: Session, box: KnownBox, model: DataModel) -> Work:
        username, password = self.credentials.of(box.device)
        own = own_username(box.device, session.offer)
        server = model.root + "ManagementServer."
        values = {
            server + "ConnectionRequestUsername": username,
            server + "ConnectionRequestPassword": password.reveal(),
            server + "Username": own,
            server + "Password": self.credentials.own(own).reveal(),
        }

        async def done(fault: rpc.RpcFault | None) -> None:
            if fault is not None:
                self._log("credentials_not_set", device=str(box.device), code=fault.code)
            if fault is None or fault.code != rpc.FAULT_NO_ANSWER:
                self._desk.unprovisioned.discard(box.device)

        others = [schedule(server, box.device, self.settings.inform_interval_s)]
        if self.settings.stun is not None:
            others.append(stun.settings_of(server, self.credentials, box.device, self.settings.stun))
        return Work(provision(server, values, box_keys.provisioned(self._clock.now()), *others), done)

    async def _keep(self, session: Session, box: KnownBox, model: DataModel, found: ReadValues) -> None:
        readings = model.decode(found.values, self._clock.now(), found.asked)
        # Readers are woken before the store is written: what they wait for is the box, not the disk.
        self._desk.served(session.device, session.informed.merged(readings), session.rpcs)
        await self._store.observed(box, readings)

    # Answers

    def _envelope(self, session: Session, header_id: str, body: str) -> Response:
        return Response(200, rpc.write(session.namespace, header_id, body))

    def _store_failed(self, session: Session | None, error: Exception) -> Response:
        self.stats.store_errors += 1
        self._log("store_failed", error=type(error).__name__)
        if session is not None:
            self._sessions.release(session)
        return Response(500, close=True)


def _keyed(inform: Inform) -> list[tuple[str, str]]:
    """Its events with their keys.

    An Inform on demand may bear its key on ``M ScheduleInform`` alone (TR-069 table 8): a ``3 SCHEDULED`` without key
    beside it is that one, and none of those that are still to come.
    """
    events = list(zip_longest(inform.events, inform.command_keys, fillvalue=""))
    key = next((key for code, key in events if code == "M ScheduleInform" and key), "")
    return [(code, said or key if code == "3 SCHEDULED" else said) for code, said in events]


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
    requester = ConnectionRequester(allowed_networks, chosen.call_timeout_s, basic=chosen.call_basic)
    return AcsApp(store, clock, BoxCredentials(server_key), requester, chosen)
