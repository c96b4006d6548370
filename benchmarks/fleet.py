"""Memory and speed of the simulated fleet's SNMP agent, measured by a raw client in another process.

``python -m benchmarks.fleet [--onts 16384 100000 1000000] [--per-olt 256] [--window 48]``. The client reads 12 columns
of every OLT by GETBULK, one chain a column, many OLTs at once, and looks at nothing but the last OID of each reply: it
measures the agent, not itself. In the first cycle every OLT is made and every column encoded; in the second all is
there; before the third, 300 seconds of the fleet's clock pass, so that levels and counters are encoded again.
Nothing is asserted: figures go to docs/performance.md with the command.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from simulators.snmp.ber import encode_oid, parse_oid

PEN = "1.3.6.1.4.1.637.61.1.35"
COLUMNS = (
    "1.3.6.1.2.1.2.2.1.7", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.2.2.1.9",
    f"{PEN}.10.1.1.5", f"{PEN}.10.1.1.9", f"{PEN}.10.4.1.2", f"{PEN}.10.4.1.3", f"{PEN}.10.14.1.2", f"{PEN}.10.14.1.4",
    f"{PEN}.10.18.1.2", f"{PEN}.11.4.1.3", f"{PEN}.11.4.1.4",
)  # fmt: skip
PREFIXES = [encode_oid(parse_oid(column)) for column in COLUMNS]
_TIMEOUT_S = 1.0


class Chain:
    """One column of one OLT being walked."""

    __slots__ = ("at", "prefix", "request", "target")

    def __init__(self, target: tuple[str, int], prefix: bytes, repetitions: int) -> None:
        self.target, self.prefix, self.at = target, prefix, prefix
        self.ask(prefix, repetitions, 0)

    def ask(self, name: bytes, repetitions: int, number: int) -> None:
        varbind = b"\x06" + bytes((len(name),)) + name + b"\x05\x00"
        varbinds = b"\x30" + bytes((len(varbind) + 2, 0x30, len(varbind))) + varbind
        fields = b"\x02\x04" + number.to_bytes(4, "big") + b"\x02\x01\x00\x02\x02" + repetitions.to_bytes(2, "big")
        pdu = b"\xa5" + bytes((len(fields) + len(varbinds),)) + fields + varbinds
        message = b"\x02\x01\x01\x04\x06public" + pdu
        self.request = b"\x30" + bytes((len(message),)) + message


def last_name(reply: bytes, prefix: bytes) -> bytes | None:
    """The OID of the last binding when it is in the column: found from the end, names being of the same form."""
    at = reply.rfind(prefix)
    if at < 0 or len(reply) - at > 80:
        return None
    size = reply[at - 1]
    return reply[at : at + size]


def cycle(
    client: socket.socket, targets: list[tuple[str, int]], window: int, repetitions: int
) -> tuple[float, int, int]:
    """Walk every column of every OLT; seconds, replies and octets."""
    waiting = deque(Chain(target, prefix, repetitions) for target in targets for prefix in PREFIXES)
    flying: dict[int, Chain] = {}
    number = replies = octets = 0
    began = time.perf_counter()

    def launch(chain: Chain, name: bytes) -> None:
        nonlocal number
        number += 1
        chain.ask(name, repetitions, number)
        chain.at = name
        flying[number] = chain
        client.sendto(chain.request, chain.target)

    while waiting or flying:
        while waiting and len(flying) < window:
            chain = waiting.popleft()
            launch(chain, chain.prefix)
        if not select.select([client], [], [], _TIMEOUT_S)[0]:
            lost = list(flying.values())
            flying.clear()
            for chain in lost:
                launch(chain, chain.at)
            continue
        try:
            for _ in range(64):
                reply, _ = client.recvfrom(65535)
                replies += 1
                octets += len(reply)
                at = reply.find(b"\x02\x04", 15, 40)
                chain_or_none = flying.pop(int.from_bytes(reply[at + 2 : at + 6], "big"), None)
                if chain_or_none is None:
                    continue
                name = last_name(reply, chain_or_none.prefix)
                if name is not None:
                    launch(chain_or_none, name)
        except BlockingIOError:
            pass
    return time.perf_counter() - began, replies, octets


def _status(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def measure(onts: int, options: argparse.Namespace) -> None:
    per_olt = min(options.per_olt, onts)
    command = [sys.executable, "-m", "simulators", "fleet", "--ready-json", "--exit-with-parent"]
    command += ["--delay-ms", str(options.delay_ms), "--vendors", "nokia_isam", "--spread", options.spread]
    command += ["--olts", str(onts // per_olt), "--onts", str(per_olt), "--max-message", str(options.max_message)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent:
        assert agent.stdin is not None
        assert agent.stdout is not None
        ready = json.loads(agent.stdout.readline())
        targets = [tuple(address) for address in ready["olts"].values()]
        print(f"{onts} ONTs as {len(targets)} OLTs of {per_olt}; up in {time.perf_counter() - began:.1f} s; "
              f"replies of at most {options.max_message} octets, {options.window} in flight")  # fmt: skip
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        client.setblocking(False)
        for turn in ("first", "again", "300 s later"):
            if turn == "300 s later":
                _command(ready, {"command": "clock", "advance": 300.0})
            before = _cpu_s(agent.pid), _counts(ready)
            seconds, replies, octets = cycle(client, targets, options.window, min(options.repetitions, per_olt))
            cpu, varbinds = _cpu_s(agent.pid) - before[0], _counts(ready) - before[1]
            print(f"  {turn:<12}{varbinds / 1e6:6.2f} M varbinds in {seconds:6.2f} s; "
                  f"{varbinds / seconds / 1e6:5.2f} M/s wall, "
                  f"{varbinds / max(cpu, 0.01) / 1e6:5.2f} M per agent CPU second; "
                  f"{replies / seconds / 1e3:5.1f} k replies/s; {octets / 1e6:.0f} MB; "
                  f"RSS {_status(agent.pid, 'VmRSS') / 1e9:.2f} GB", flush=True)  # fmt: skip
        agent.stdin.close()


def _command(ready: dict[str, Any], command: dict[str, object]) -> dict[str, Any]:
    host, port = ready["control"]
    with socket.create_connection((host, port)) as connection:
        connection.sendall(json.dumps(command).encode() + b"\n")
        with connection.makefile("rb") as lines:
            result: dict[str, Any] = json.loads(lines.readline())["result"]
            return result


def _counts(ready: dict[str, Any]) -> int:
    return int(_command(ready, {"command": "counts"})["varbinds"])


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet")
    parser.add_argument("--onts", type=int, nargs="+", default=[16_384, 100_000])
    parser.add_argument("--per-olt", type=int, default=256)
    parser.add_argument("--window", type=int, default=48)
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--max-message", type=int, default=8192)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--spread", choices=("ports", "addresses"), default="ports")
    options = parser.parse_args()
    for onts in options.onts:
        measure(onts, options)


if __name__ == "__main__":
    main()
