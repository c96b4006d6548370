"""A result as a file: CSV for a spreadsheet, PDF to print or to join to a letter. Secrets are masked already."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from api.schemas.diagnostics import DiagnosisOut
from api.web.labels import instant_s, label, percent

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARK = "\ufeff"  # what a spreadsheet knows UTF-8 by
_NAVY, _LIGHT = (18, 64, 92), (230, 237, 242)


def cell(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula (OWASP, CSV injection); numbers stay numbers."""
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def as_csv(found: DiagnosisOut) -> bytes:
    """The result as `Bloc`;`Libellé`;`Valeur`;`Relevé le`;`Source`."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(("Bloc", "Libellé", "Valeur", "Relevé le", "Source"))
    for name, value in _facts(found):
        writer.writerow(("Synthèse", name, cell(value), "", ""))
    for block in found.blocks:
        for row in block.rows:
            at = "" if row.at is None else instant_s(row.at)
            writer.writerow((block.title, row.label, cell(row.value), at, cell(row.source)))
    return (_MARK + text.getvalue()).encode()


def as_pdf(found: DiagnosisOut) -> bytes:
    """The result on A4 pages."""
    document = _Document(f"Diagnostic {found.number}")
    document.title_line(f"Prestation ID1 : {found.access} - {found.test.value}")
    document.labelled("Synthèse", list(_facts(found)))
    for block in found.blocks:
        document.labelled(block.title, [(row.label, row.value) for row in block.rows])
    if found.verdict is not None:
        facts = [
            (finding.title, "\n".join(one.text for one in finding.evidence_for)) for finding in found.verdict.findings
        ]
        document.labelled("Constats", facts)
    if found.not_measured:
        document.labelled("Ce qui n'a pas été mesuré", [(item.what, item.why) for item in found.not_measured])
    return bytes(document.output())


def _facts(found: DiagnosisOut) -> Iterator[tuple[str, str]]:
    yield "Identifiant du diagnostic", found.number
    yield "Prestation ID1", found.access
    yield "Type prestation", found.service_type
    yield "Diagnostic", found.test.value
    yield "Date d'envoi", instant_s(found.sent_at)
    yield "Date de dernière mise à jour", instant_s(found.updated_at)
    yield "Etat", found.state
    verdict = found.verdict
    if verdict is not None:
        yield "Résultat", verdict.result.value
        yield "Code", verdict.family.value
        yield "Synthèse", verdict.synthesis
        yield "Interprétation", verdict.interpretation
        yield "Action conseillée", verdict.action
        yield "Prélocalisation", label(verdict.prelocalisation)
        yield "Périmètre", label(verdict.scope)
        yield "Gravité", label(verdict.severity)
        yield "Confiance", percent(verdict.confidence)
        yield "Règles", verdict.ruleset
    if found.appointment is not None:
        visit = found.appointment
        yield "Type de rendez-vous", visit.type.value if visit.type else "à qualifier : immeuble non décrit"
        yield "Fenêtre de rendez-vous", f"{visit.first_day:%d/%m/%Y} - {visit.last_day:%d/%m/%Y}"


class _Document(FPDF):
    """A4 in the page's colours, with the built-in Helvetica (Windows-1252: it has every French letter)."""

    def __init__(self, subject: str) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = "windows-1252"
        self._subject = subject
        self.set_title(subject)
        self.set_lang("fr")
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()

    def header(self) -> None:
        """Subject of the document, on every page."""
        self.set_font("helvetica", "B", 14)
        self.set_text_color(*_NAVY)
        self.cell(0, 9, _printable(self._subject), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(0)

    def footer(self) -> None:
        """Number of the page."""
        self.set_y(-14)
        self.set_font("helvetica", "", 8)
        self.cell(0, 8, f"{self.page_no()}/{{nb}}", align="R")

    def title_line(self, text: str) -> None:
        """A line under the subject."""
        self.set_font("helvetica", "", 11)
        self.cell(0, 7, _printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def labelled(self, title: str, rows: list[tuple[str, str]]) -> None:
        """A titled table of labels and values."""
        if not rows:
            return
        self.ln(3)
        self.set_font("helvetica", "B", 11)
        self.cell(0, 7, _printable(title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font("helvetica", "", 9)
        style = FontFace(fill_color=_LIGHT, emphasis="BOLD")
        with self.table(col_widths=(2, 3), headings_style=style, line_height=5, text_align="LEFT") as printed:
            printed.row(("Libellé", "Valeur"))
            for name, value in rows:
                printed.row((_printable(name), _printable(value)))


def _printable(text: str) -> str:
    """The text in Windows-1252; what it has not becomes a question mark rather than an error."""
    narrow = text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}").replace("→", ">").replace("≥", ">=")
    return narrow.replace("≤", "<=").encode("cp1252", "replace").decode("cp1252")
