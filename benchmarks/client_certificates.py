"""What a client certificate costs a request: ``python -m benchmarks.client_certificates``.

A service with 1,000 certificates of 50 operators on SQLite; the header of one of them is judged again and again.
"""

from __future__ import annotations

import asyncio
import base64
import statistics
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.certificates.keys import new_key
from api.certificates.service import CertificateService
from api.certificates.signing import Wish, described
from api.clock import WallTime
from api.records import opened
from api.settings import Settings
from api.wiring.certificates import parts
from domain.certificate import Certificate, Environment, EService, Origin
from domain.principal import Principal, Right
from storage.operators import Operator
from storage.records import Records

OPERATORS, EACH, ASKED = 50, 20, 2000


async def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.ephemeral(Path(folder))
        assert settings.certificates is not None
        settings.certificates.trusted_proxies = ["127.0.0.1"]
        async with opened(settings, WallTime()) as records:
            found = parts(settings, WallTime(), records)
            pem = await _fill(records, found.service)
            der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
            header = [f":{base64.b64encode(der).decode()}:"]
            spent, cpu = [], time.process_time()
            for _ in range(ASKED):
                begin = time.perf_counter()
                await found.clients.principal("127.0.0.1", header)
                spent.append((time.perf_counter() - begin) * 1000)
            cpu = (time.process_time() - cpu) * 1000 / ASKED
            spent.sort()
            print(f"certificates {OPERATORS * EACH}, asked {ASKED}")
            print(f"median {statistics.median(spent):.2f} ms, p99 {spent[int(ASKED * 0.99)]:.2f} ms, CPU {cpu:.2f} ms")


async def _fill(records: Records, service: CertificateService) -> str:
    own = service._trust.own  # noqa: SLF001 - signs without the cost of 1,000 PKCS#12
    assert own is not None
    now, key, pem = WallTime().now(), new_key(), ""
    for number in range(OPERATORS):
        who = Principal(f"{number:09d}", "admin", frozenset({Right.ADMINISTRATOR}))
        await records.operators.put(Operator(who.operator_id, who.operator_id))
        for index in range(EACH):
            name, wish = f"{number:016x}{index:016x}", Wish(EService.E_SAV, Environment.PRODUCTION)
            signed = described(own.sign(who.operator_id, wish.environment, name, key.public_key(), now, 30), None)
            new = Certificate(
                who.operator_id,
                name,
                name,
                wish.eservice,
                wish.environment,
                Origin.REQUESTED,
                frozenset(),
                now,
                "admin",
            )
            await records.certificates.add(who, new, signed, None, ())
            pem = signed.pem
    return pem


if __name__ == "__main__":
    asyncio.run(main())
