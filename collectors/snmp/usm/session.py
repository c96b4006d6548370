"""The session of one user with one agent: engine discovery, time window, HMAC and cipher of every message.

Discovery has no exchange of its own: the first message of a session is the probe of RFC 3414 4, the second carries no
time yet, and the agent's reports on them teach engine and time. Whoever waits sends again what `Reported` says so of.
"""

from __future__ import annotations

import hmac
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from collectors.snmp import bulk_wire
from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.sealing import Reported
from collectors.snmp.usm import wire
from collectors.snmp.usm.keys import KeyCache, Keys
from collectors.snmp.usm.user import UsmUser
from domain.errors import DeviceProtocolError

_TIME_WINDOW_S = 150  # RFC 3414 2.2.3
_LAST_BOOTS = 0x7FFFFFFF
_REPORT = 0xA8
_NOTHING = b"\x02\x01\x00\x02\x01\x00\x30\x00"
_STATS = bulk_wire.encode_name((1, 3, 6, 1, 6, 3, 15, 1, 1))  # usmStats
_REPORTS = {
    1: "unsupportedSecLevels",
    2: "notInTimeWindows",
    3: "unknownUserNames",
    4: "unknownEngineIDs",
    5: "wrongDigests",
    6: "decryptionErrors",
}


@dataclass(slots=True)
class UsmCounters:
    """Messages dropped, by reason, and reports of agents, by name."""

    dropped: Counter[str] = field(default_factory=Counter)
    reports: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Engine:
    """The agent's engine as far as proved messages have told (RFC 3414 2.3)."""

    engine_id: bytes
    keys: Keys
    boots: int = 0
    time_s: int = 0
    heard_at: float = 0.0
    latest_time_s: int = 0

    def time_at(self, now: float) -> int:
        return self.time_s + int(now - self.heard_at) if self.boots or self.time_s else 0

    def learn(self, boots: int, time_s: int, now: float) -> None:
        self.boots, self.time_s, self.latest_time_s, self.heard_at = boots, time_s, time_s, now

    def timely(self, boots: int, time_s: int, now: float) -> bool:
        """Learn from a proved message, then judge it (RFC 3414 3.2 7b)."""
        if boots > self.boots or (boots == self.boots and time_s > self.latest_time_s):
            self.learn(boots, time_s, now)
        if self.boots == _LAST_BOOTS or boots < self.boots:
            return False
        return time_s >= self.time_at(now) - _TIME_WINDOW_S


@dataclass(slots=True)
class UsmSession:
    """See `collectors.snmp.sealing.Session`. Seals and opens nothing for anybody but one user of one agent.

    Args:
        monotonic: Seconds of a clock that never goes back.
    """

    user: UsmUser
    monotonic: Callable[[], float]
    counters: UsmCounters
    cache: KeyCache
    community: bytes | None = None
    _engine: _Engine | None = None
    _salt: int = field(default_factory=lambda: int.from_bytes(os.urandom(8), "big"))
    _name: bytes = field(init=False)
    _flags: int = field(init=False)

    def __post_init__(self) -> None:
        self._name = self.user.name.encode()
        self._flags = (wire.AUTH if self.user.authentication else 0) | (wire.PRIV if self.user.privacy else 0)

    def seal(self, pdu: bytes, message_id: int) -> bytes:
        """The message that carries ``pdu``; a probe that carries nothing as long as the engine is unknown."""
        engine = self._engine
        if engine is None:
            empty = wire.write_scoped(b"", b"\xa0\x0e\x02\x04" + message_id.to_bytes(4, "big") + _NOTHING)
            return wire.write(message_id, wire.Message(wire.REPORTABLE, b"", 0, 0, b"", 0, b"", b"", empty))[0]
        keys, time_s = engine.keys, engine.time_at(self.monotonic())
        scoped, salt = wire.write_scoped(engine.engine_id, pdu), b""
        if keys.cipher is not None:
            self._salt = self._salt + 1 & 0xFFFFFFFFFFFFFFFF  # never twice under one key (RFC 3826 3.1.2.1)
            salt = self._salt.to_bytes(8, "big")
            scoped = keys.encrypt(_vector(engine.boots, time_s, salt), scoped)
        zeros = bytes(keys.authentication.octets) if keys.authentication else b""
        flags = self._flags | wire.REPORTABLE
        message = wire.Message(flags, engine.engine_id, engine.boots, time_s, self._name, 0, zeros, salt, scoped)
        whole, at = wire.write(message_id, message)
        return whole[:at] + keys.digest(whole) + whole[at + len(zeros) :] if zeros else whole

    def open(self, datagram: bytes) -> bytes:
        """The PDU of a message that the agent proves to have sent now; raises `Reported` for a report.

        Whoever asks has found the message's number among those of his requests in flight.
        """
        message = wire.read(datagram)
        engine = self._engine
        level = message.flags & (wire.AUTH | wire.PRIV)
        authentic = level in {self._flags, self._flags & wire.AUTH} and level
        if engine is not None and message.engine_id == engine.engine_id and (authentic or level == self._flags):
            pdu = self._proved(datagram, message, engine)
            if pdu[:1] == bytes((_REPORT,)):
                raise self._report(pdu, message, proved=bool(authentic))
            if level != self._flags:  # reports may travel in clear (RFC 3414 3.2 3); answers may not
                self._drop("not encrypted")
            return pdu
        if level:
            self._drop("other engine or level")
        # Nothing is proved: only a report may be so, and it may only make us ask again or give up.
        _, pdu = wire.scoped_pdu(message.data)
        if pdu[:1] != bytes((_REPORT,)):
            self._drop("not authenticated")
        raise self._report(pdu, message, proved=False)

    def _proved(self, datagram: bytes, message: wire.Message, engine: _Engine) -> bytes:
        keys = engine.keys
        if message.user != self._name:
            self._drop("other user")
        if keys.authentication is not None:
            size = keys.authentication.octets
            at = message.digest_at
            blank = datagram[:at] + bytes(size) + datagram[at + size :]
            if len(message.digest) != size or not hmac.compare_digest(keys.digest(blank), message.digest):
                self._drop("wrong digest")
            if not engine.timely(message.boots, message.time_s, self.monotonic()):
                self._late(message, engine)
        return self._clear(message, keys)

    def _late(self, message: wire.Message, engine: _Engine) -> None:
        """A message that is proved, and of the past: dropped, unless it says that it is our time that is not its own.

        An engine that has lost its boots (a new board, an OLT set back to how it left the factory) would else be mute
        for as long as this process lives. The report cannot be an old one: what is proved holds the number of a request
        in flight, which nobody could guess (RFC 3414 1.2 has the time window against what is old).
        """
        pdu = self._clear(message, engine.keys)
        if pdu[:1] != bytes((_REPORT,)) or _report_name(pdu) != "notInTimeWindows":
            self._drop("not in time window")
        engine.learn(message.boots, message.time_s, self.monotonic())

    def _clear(self, message: wire.Message, keys: Keys) -> bytes:
        data = message.data
        if message.flags & wire.PRIV and keys.cipher is not None:
            if len(message.salt) != 8:
                self._drop("wrong salt")
            data = keys.decrypt(_vector(message.boots, message.time_s, message.salt), data)
        return wire.scoped_pdu(data)[1]

    def _report(self, pdu: bytes, message: wire.Message, *, proved: bool) -> Reported:
        name = _report_name(pdu)
        self.counters.reports[name] += 1
        again = False
        if name == "unknownEngineIDs" and 5 <= len(message.engine_id) <= 32:
            known = self._engine
            if known is None or known.engine_id != message.engine_id:
                self._engine = _Engine(message.engine_id, Keys.of(self.user, message.engine_id, self.cache))
            again = True
        elif name == "notInTimeWindows":
            again = proved  # its time was learnt when it was proved; an unproved one teaches nothing
        return Reported(name, again=again)

    def _drop(self, why: str) -> None:
        self.counters.dropped[why] += 1
        raise DeviceProtocolError("", why)


def _vector(boots: int, time_s: int, salt: bytes) -> bytes:
    """The initialization vector of AES (RFC 3826 3.1.2.1)."""
    return boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt


def _report_name(pdu: bytes) -> str:
    _, _, _, body = bulk_wire.frame(b"\xa2" + pdu[1:])
    start, end = bulk_wire.name_of(body, bulk_wire.boundaries(body)[0])
    name = body[start:end]
    if name[: len(_STATS)] != _STATS or len(name) <= len(_STATS):
        raise UnrecognisedError
    return _REPORTS.get(name[len(_STATS)], "unknown")


@dataclass(slots=True)
class Sessions:
    """The sessions of a process, by host, port and user: engines are discovered once."""

    counters: UsmCounters = field(default_factory=UsmCounters)
    _cache: KeyCache = field(default_factory=KeyCache)
    _of: dict[tuple[str, int, UsmUser], UsmSession] = field(default_factory=dict, repr=False)

    def of(self, host: str, port: int, user: UsmUser, monotonic: Callable[[], float]) -> UsmSession:
        """The session of ``user`` with the agent at ``host``:``port``."""
        found = self._of.get((host, port, user))
        if found is None:
            found = self._of[host, port, user] = UsmSession(user, monotonic, self.counters, self._cache)
        return found

    def forget(self, host: str, port: int, user: UsmUser) -> None:
        """Drop the session of an agent that is asked so no more, and the keys of its user."""
        self._of.pop((host, port, user), None)
        self._cache.forget(user)
