"""`python -m diagnostics explain`."""

from __future__ import annotations

import runpy
import sys

import pytest

import diagnostics.__main__
from diagnostics.__main__ import main
from domain import codec
from tests.diagnostics.build import FAULTS, GOLDEN


def test_explain_prints_the_verdict_its_facts_and_what_is_missing(tmp_path, capsys):
    file = tmp_path / "snapshot.json"
    file.write_text(codec.dump(FAULTS["drop_cut"]), "utf-8")
    assert main(["explain", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("KO : Ligne en défaut")
    assert any(line.startswith("1. Ligne du client coupée [drop_cut] LIGNE") for line in lines)
    assert any(line.startswith("   + ") for line in lines)
    assert any(line.startswith("   ? ") for line in lines)
    assert any(line.startswith("   ! Mesure ONT rx : ") for line in lines)


def test_explain_never_prints_a_secret(tmp_path, capsys):
    file = tmp_path / "snapshot.json"
    file.write_text(codec.dump(GOLDEN), "utf-8")
    main(["explain", str(file)])
    assert "0848525835" not in capsys.readouterr().out


def test_it_runs_as_a_command(tmp_path, monkeypatch, capsys):
    file = tmp_path / "snapshot.json"
    file.write_text(codec.dump(GOLDEN), "utf-8")
    monkeypatch.setattr(sys, "argv", ["diagnostics", "explain", str(file)])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(diagnostics.__main__.__file__, run_name="__main__")
    assert stop.value.code == 0
    assert "Fonctionnement Accès FTTH OK" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"id1": "F1"}', "\x00"])
def test_a_file_that_is_no_snapshot_is_a_clear_error(tmp_path, capsys, text):
    file = tmp_path / "snapshot.json"
    file.write_text(text, "utf-8")
    assert main(["explain", str(file)]) == 2
    assert "snapshot.json" in capsys.readouterr().err


def test_an_absent_file_is_a_clear_error(tmp_path, capsys):
    assert main(["explain", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
