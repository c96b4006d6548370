"""What an ISAM lists of all its ONTs is megabytes long: beyond one, it was given up as « an answer without end »."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncssh

from collectors.cli.netmiko_shell import _Heard, open_shell
from collectors.cli.sessions import CliSessions
from collectors.vendors.nokia_isam import cli_list, subslocid
from domain.identifiers import OntName, PonName
from domain.metrics.ont import OLT_RX_DBM, ONT_OPER
from domain.olt import CliAccess
from domain.reading import Reason
from domain.secret import Secret
from domain.states import Oper

ONTS = 4_096
_FIELDS = {  # as the capture of `show equipment ont status pon … detail` has them
    "sernum": "ALCL:FE12FC43",
    "admin-status": "up",
    "oper-status": "up",
    "olt-rx-sig-level(dbm)": "-18.1",
    "ont-olt-distance(km)": "0.2",
    "desc1": "gpon-ont",
    "desc2": "",
    "hostname": "undefined",
}


def instance(name: str) -> str:
    fields = "".join(f'<info name="{k}" short-name="{k}" type="Gpon::Text">{v}</info>\r\n' for k, v in _FIELDS.items())
    pon = name.rpartition("/")[0]
    keys = "".join(
        f'<res-id name="{k}" short-name="{k}" type="Gpon::Index">{v}</res-id>' for k, v in (("pon", pon), ("ont", name))
    )
    return f"<instance>{keys}\r\n{fields}</instance>\r\n"


class _Isam(asyncssh.SSHServerSession):
    def connection_made(self, chan: asyncssh.SSHServerChannel) -> None:
        self.chan = chan

    def shell_requested(self) -> bool:
        return True

    def session_started(self) -> None:
        self.chan.write("typ:isadmin># ")

    def data_received(self, data: str, datatype: object) -> None:
        for line in data.splitlines():
            self.chan.write(f"{line}\r\n")
            if line.startswith("show equipment ont status pon"):
                self.chan.write('<?xml version="1.0" encoding="UTF-8"?>\r\n<runtime-data>\r\n')
                for number in range(ONTS):
                    slot, rest = divmod(number, 16 * 128)
                    self.chan.write(instance(f"1/1/{1 + slot}/{1 + rest // 128}/{1 + rest % 128}"))
                self.chan.write("</runtime-data>\r\n")
            self.chan.write("typ:isadmin># ")


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return True

    def session_requested(self) -> _Isam:
        return _Isam()


async def test_all_onts_of_an_olt_are_listed_in_one_answer() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.create_server(_Server, "127.0.0.1", 0, server_host_keys=[key], line_editor=False)
    sessions = CliSessions(open_shell)
    access = CliAccess("127.0.0.1", server.get_port(), "isadmin", Secret("secret"))
    try:
        answer = await sessions.send(access, subslocid.DIALECT, cli_list.command(), 60)
    finally:
        await sessions.close()
        server.close()
        await server.wait_closed()
    assert len(answer) > 3_000_000
    rows = cli_list.listed(answer, datetime.now(UTC), "show")
    assert not isinstance(rows, Reason)
    assert len(rows) == ONTS
    assert rows[-1].name == OntName(1, 1, 2, 16, 128)
    assert {row.readings.value(ONT_OPER) for row in rows} == {Oper.UP}
    assert {row.readings.value(OLT_RX_DBM) for row in rows} == {-18.1}
    one_port = cli_list.listed(answer, datetime.now(UTC), "show", PonName(1, 1, 1, 3))
    assert not isinstance(one_port, Reason)
    assert len(one_port) == 128
    await asyncio.sleep(0)


def test_ends_of_line_and_questions_are_whole_wherever_the_pieces_are_cut() -> None:
    said = "é" * 300 + "line one\r\nline two\r\n\r\n---- More ----"
    octets = said.encode()
    for cut in range(1, len(octets)):
        heard = _Heard()
        for piece in (octets[:cut], octets[cut:]):
            heard.add(piece)
        assert heard.text == said.replace("\r\n", "\n")
        assert heard.end == heard.text[-256:]
