"""Notifications over SNMPv3: who proves to have sent them, and informs answered as the authority that we are for them.

Of a trap the sender's engine is the authority (RFC 3414 1.5.1): its engine is learnt with the first trap that proves
itself, and its time from then on. The very first trap of an engine has no time to be measured against: that is inherent
to traps, and what informs are for. Of an inform our own engine is: it is discovered, and keeps the time window.
"""

from __future__ import annotations

import hmac
import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from collectors.driving.agents import usm_user
from collectors.snmp import bulk_wire
from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.usm import wire
from collectors.snmp.usm.keys import KeyCache, Keys
from collectors.snmp.usm.user import UsmUser
from domain.errors import DiagnosticsError, InvalidValueError
from domain.olt import OltTarget

_TIME_WINDOW_S = 150  # RFC 3414 2.2.3, either way
_LAST_BOOTS = 0x7FFFFFFF
_RESPONSE, _INFORM, _TRAP, _REPORT = 0xA2, 0xA6, 0xA7, 0xA8
_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)  # usmStats
_ENGINES = 65_536  # C: engines whose time is remembered; only proved messages add one


_NO_KEYS = Keys(None, b"", None)


class UsmRefusal(Enum):
    """Why a message is refused: its number among the usmStats of RFC 3414 5 (0: none), and what counts it here."""

    WRONG_LEVEL = (1, "wrong_level")
    NOT_IN_TIME = (2, "not_in_time")
    WRONG_USER = (3, "wrong_user")
    DISCOVERY = (4, "discoveries")  # somebody asks who we are, before it sends an inform
    WRONG_DIGEST = (5, "wrong_digest")
    UNDECIPHERABLE = (6, "undecipherable")
    NO_ENGINE = (0, "other_version")  # an inform, where this receiver was given no engine
    NOT_A_NOTIFICATION = (0, "malformed")

    @property
    def counter(self) -> str:
        """The counter of the receiver."""
        return self.value[1]


class UsmRefusedError(DiagnosticsError):
    """The message is refused. ``report`` is what its sender is told, where it asked to be."""

    def __init__(self, why: UsmRefusal, report: bytes | None = None) -> None:
        super().__init__(why.counter)
        self.why = why
        self.report = report


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """The engine that informs are sent to.

    Attributes:
        engine_id: 5 to 32 octets, the same at every start (RFC 3411 5, SnmpEngineID).
        boots: How often it has started, this time included: whoever makes it keeps that number from start to start.
        monotonic: Seconds of a clock that never goes back.
    """

    engine_id: bytes
    boots: int
    monotonic: Callable[[], float]
    started_s: float = field(init=False)

    def __post_init__(self) -> None:
        if not 5 <= len(self.engine_id) <= 32:
            raise InvalidValueError("engine_id", self.engine_id.hex(), "5 to 32 octets")
        if not 1 <= self.boots <= _LAST_BOOTS:
            raise InvalidValueError("engine boots", self.boots, f"1 to {_LAST_BOOTS}")
        object.__setattr__(self, "started_s", self.monotonic())

    @property
    def time_s(self) -> int:
        """Seconds since its start."""
        return int(self.monotonic() - self.started_s)


@dataclass(frozen=True, slots=True)
class Opened:
    """A notification that an OLT has proved to have sent.

    Attributes:
        pdu: The trap or inform, in clear.
        answer: The message that acknowledges an inform; ``None`` for a trap.
    """

    target: OltTarget
    pdu: bytes
    answer: bytes | None


@dataclass(slots=True)
class _Peer:
    """A sender's engine as its proved traps tell it (RFC 3414 2.3)."""

    keys: Keys
    boots: int = 0
    time_s: int = 0
    heard_s: float = 0.0

    def timely(self, boots: int, time_s: int, now_s: float) -> bool:
        """Learn from a proved message, then judge it (RFC 3414 3.2 7b)."""
        if boots > self.boots or (boots == self.boots and time_s > self.time_s):
            self.boots, self.time_s, self.heard_s = boots, time_s, now_s
        here_s = self.time_s + int(now_s - self.heard_s)
        return boots == self.boots < _LAST_BOOTS and time_s >= here_s - _TIME_WINDOW_S


@dataclass(slots=True)
class UsmReceiver:
    """Opens SNMPv3 messages of OLTs that have a user.

    Args:
        monotonic: Seconds of a clock that never goes back.
        engine: Who informs are sent to; without it they are refused.
    """

    monotonic: Callable[[], float]
    engine: LocalEngine | None = None
    _cache: KeyCache = field(default_factory=KeyCache)
    _own: dict[UsmUser, Keys] = field(default_factory=dict, repr=False)
    _peers: OrderedDict[tuple[str, UsmUser, bytes], _Peer] = field(default_factory=OrderedDict, repr=False)
    _reports: Counter[UsmRefusal] = field(default_factory=Counter)
    _salt: int = field(default_factory=lambda: int.from_bytes(os.urandom(8), "big"))

    def forget(self, olt: OltTarget) -> None:
        """Drop what was learnt of the engines of an OLT that is known so no more, and the keys of its user."""
        for who in [who for who in self._peers if who[0] == olt.name]:
            del self._peers[who]
        if olt.user is not None:
            user = usm_user(olt.user)
            self._own.pop(user, None)
            self._cache.forget(user)

    def open(self, datagram: bytes, olts: Sequence[OltTarget]) -> Opened:
        """Read a message of one of these OLTs; raises `UnrecognisedError` and `UsmRefusedError`."""
        message = wire.read(datagram)
        confirmed = bool(message.flags & wire.REPORTABLE)  # an inform: RFC 3412 6.4, no trap may be reported on
        number, keys = bulk_wire.message_id(datagram), _NO_KEYS
        try:
            olt, user, keys = self._sender(datagram, message, olts, confirmed)
            self._in_time(message, olt, user, keys, confirmed)
            scoped, pdu = _clear(message, keys)
        except UsmRefusedError as refused:
            self._reports[refused.why] += 1
            if confirmed and self.engine is not None:
                refused.report = self._report(refused.why, number, message.user, keys)
            raise
        if pdu[:1] != bytes((_INFORM if confirmed else _TRAP,)):
            raise UsmRefusedError(UsmRefusal.NOT_A_NOTIFICATION)
        return Opened(olt, pdu, self._answer(number, message, keys, scoped, pdu) if confirmed else None)

    def _sender(
        self, datagram: bytes, message: wire.Message, olts: Sequence[OltTarget], confirmed: bool
    ) -> tuple[OltTarget, UsmUser, Keys]:
        """Whose message it is: the one OLT whose user has that name and proves itself."""
        if confirmed and self.engine is None:
            raise UsmRefusedError(UsmRefusal.NO_ENGINE)
        if confirmed and self.engine is not None and message.engine_id != self.engine.engine_id:
            raise UsmRefusedError(UsmRefusal.DISCOVERY)
        users = [(olt, usm_user(olt.user)) for olt in olts if olt.user and olt.user.name.encode() == message.user]
        if not users:
            raise UsmRefusedError(UsmRefusal.WRONG_USER)
        level = message.flags & (wire.AUTH | wire.PRIV)
        users = [(olt, user) for olt, user in users if _level(user) == level]
        if not users:
            raise UsmRefusedError(UsmRefusal.WRONG_LEVEL)
        found = [(olt, user, self._keys(olt, user, message.engine_id, confirmed)) for olt, user in users]
        proved = [one for one in found if _authentic(datagram, message, one[2])]
        if not proved:
            raise UsmRefusedError(UsmRefusal.WRONG_DIGEST)
        if len(proved) > 1:
            raise UsmRefusedError(UsmRefusal.WRONG_USER)  # several OLTs behind one address: nobody guesses which
        return proved[0]

    def _keys(self, olt: OltTarget, user: UsmUser, engine_id: bytes, confirmed: bool) -> Keys:
        if confirmed:
            if user not in self._own:
                self._own[user] = Keys.of(user, engine_id, self._cache)
            return self._own[user]
        peer = self._peers.get((olt.name, user, engine_id))
        return peer.keys if peer is not None else Keys.of(user, engine_id, self._cache)

    def _in_time(self, message: wire.Message, olt: OltTarget, user: UsmUser, keys: Keys, confirmed: bool) -> None:
        if keys.authentication is None:
            return
        if confirmed and self.engine is not None:
            apart_s = abs(message.time_s - self.engine.time_s)
            timely = message.boots == self.engine.boots < _LAST_BOOTS and apart_s <= _TIME_WINDOW_S
        else:
            who = (olt.name, user, message.engine_id)
            peer = self._peers.setdefault(who, _Peer(keys))
            if len(self._peers) > _ENGINES:
                self._peers.popitem(last=False)
            timely = peer.timely(message.boots, message.time_s, self.monotonic())
        if not timely:
            raise UsmRefusedError(UsmRefusal.NOT_IN_TIME)

    def _answer(self, number: int, message: wire.Message, keys: Keys, scoped: bytes, pdu: bytes) -> bytes:
        """The same variables in the same context, as a Response."""
        at = bulk_wire.header_end(scoped, 0)[1] - len(pdu)
        answer = scoped[:at] + bytes((_RESPONSE,)) + pdu[1:]
        return self._seal(number, message.flags & (wire.AUTH | wire.PRIV), message.user, keys, answer)

    def _report(self, why: UsmRefusal, number: int, name: bytes, keys: Keys) -> bytes | None:
        """What the sender is told: in clear, but for our time, which it may believe only if it is proved."""
        place = why.value[0]
        if not place or self.engine is None:
            return None
        count = bulk_wire.tlv(0x41, wire.number(self._reports[why])[2:])
        oid = bulk_wire.tlv(0x06, bulk_wire.encode_name((*_STATS, place, 0)))
        head = wire.number(0) * 3
        pdu = bulk_wire.tlv(_REPORT, head + bulk_wire.tlv(0x30, bulk_wire.tlv(0x30, oid + count)))
        scoped = wire.write_scoped(self.engine.engine_id, pdu)
        if why is UsmRefusal.NOT_IN_TIME:
            return self._seal(number, wire.AUTH, name, keys, scoped)
        return self._seal(number, 0, b"", _NO_KEYS, scoped)

    def _seal(self, number: int, flags: int, name: bytes, keys: Keys, scoped: bytes) -> bytes:
        assert self.engine is not None  # noqa: S101 - informs are opened with an engine only
        time_s, salt = self.engine.time_s, b""
        if flags & wire.PRIV:
            self._salt = self._salt + 1 & 0xFFFFFFFFFFFFFFFF  # never twice under one key (RFC 3826 3.1.2.1)
            salt = self._salt.to_bytes(8, "big")
            scoped = keys.encrypt(_vector(self.engine.boots, time_s, salt), scoped)
        zeros = bytes(keys.authentication.octets) if keys.authentication and flags & wire.AUTH else b""
        message = wire.Message(flags, self.engine.engine_id, self.engine.boots, time_s, name, 0, zeros, salt, scoped)
        whole, at = wire.write(number, message)
        return whole[:at] + keys.digest(whole) + whole[at + len(zeros) :] if zeros else whole


def _level(user: UsmUser) -> int:
    return (wire.AUTH if user.authentication else 0) | (wire.PRIV if user.privacy else 0)


def _authentic(datagram: bytes, message: wire.Message, keys: Keys) -> bool:
    """Whether the message was made with these keys."""
    if keys.authentication is None:
        return True
    size, at = keys.authentication.octets, message.digest_at
    blank = datagram[:at] + bytes(size) + datagram[at + size :]
    return len(message.digest) == size and hmac.compare_digest(keys.digest(blank), message.digest)


def _clear(message: wire.Message, keys: Keys) -> tuple[bytes, bytes]:
    """The scoped PDU and the PDU in it."""
    scoped = message.data
    if message.flags & wire.PRIV:
        if len(message.salt) != 8:
            raise UsmRefusedError(UsmRefusal.UNDECIPHERABLE)
        scoped = keys.decrypt(_vector(message.boots, message.time_s, message.salt), scoped)
    try:
        return scoped, wire.scoped_pdu(scoped)[1]
    except UnrecognisedError:
        if message.flags & wire.PRIV:
            raise UsmRefusedError(UsmRefusal.UNDECIPHERABLE) from None
        raise


def _vector(boots: int, time_s: int, salt: bytes) -> bytes:
    """The initialization vector of AES (RFC 3826 3.1.2.1)."""
    return boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
