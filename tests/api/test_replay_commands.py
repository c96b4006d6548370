"""`python -m api replay` and `backtest` from the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.__main__ import main


def test_the_commands_run_from_the_shell_and_say_why_they_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIAG_ACS_KEY", "k" * 32)
    monkeypatch.setenv("DIAG_RADIUS_SECRET", "s" * 32)
    monkeypatch.setenv("DIAG_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    assert main(["replay", "190509-1029-2879560"]) == 2
    assert "python -m storage migrate" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert main(["replay", "190509-1029-2879560"]) == 2
    assert main(["backtest", "--ruleset", str(tmp_path / "none.toml")]) == 2
    with pytest.raises(SystemExit):
        main(["backtest", "--ruleset", "x", "--limit", "0"])
