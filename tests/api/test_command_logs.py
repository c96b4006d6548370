"""What a command answers is alone on the standard output: logs go beside, whatever ran before."""

from __future__ import annotations

import pytest
import structlog

from api.__main__ import main


def test_the_answer_of_a_command_stands_alone_on_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("a part of a service that runs meanwhile").debug("box_without_access")
    assert main(["gtr", "2019-05-14T10:30:00+02:00"]) == 0
    structlog.get_logger("the same").warning("box_without_access")
    out, err = capsys.readouterr()
    assert "box_without_access" not in out
    assert err.count("box_without_access") == 2
    assert out.count("\n") >= 1
