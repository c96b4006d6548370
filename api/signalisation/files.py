"""Files attached to a signalisation: their kind is read in their content, never believed from their name."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import PurePosixPath
from uuid import uuid4

from api.signalisation.forms import Attachments
from domain.errors import FormError
from storage.ticket_attachments import AttachedFile

FIELD = "piece_jointe"
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
_TEXTS = {".csv": "text/csv"}
MEDIA_TYPES = (*dict.fromkeys(_MAGIC.values()), *_TEXTS.values(), "text/plain")
"""What a kept file may be."""


def kind_of(name: str, content: bytes) -> str | None:
    """Media type by content (first octets; UTF-8 text without control characters); ``None`` for anything else."""
    for octets, media_type in _MAGIC.items():
        if content.startswith(octets):
            return media_type
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text) or text.lstrip()[:1] == "<":  # no HTML, SVG or XML
        return None
    return _TEXTS.get(PurePosixPath(name).suffix.lower(), "text/plain")


def checked(limits: Attachments | None, name: str, content: bytes, already: int, at: datetime) -> AttachedFile:
    """The file, ready to keep; raises `FormError` with what does not fit."""
    if limits is None:
        raise FormError([(FIELD, "This form takes no attachment", {})])
    if already >= limits.most:
        raise FormError([(FIELD, "At most {most} attachments", {"most": limits.most})])
    if not content:
        raise FormError([(FIELD, "The attachment is empty", {})])
    if len(content) > limits.max_bytes:
        raise FormError([(FIELD, "The attachment is larger than {limit} bytes", {"limit": limits.max_bytes})])
    plain = re.sub(r"[^\w.() -]", "_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")[:200] or "piece-jointe"
    media_type = kind_of(plain, content)
    if media_type not in limits.media_types:
        allowed = ", ".join(sorted(limits.media_types))
        raise FormError([(FIELD, "The content of the attachment is none of: {allowed}", {"allowed": allowed})])
    digest = hashlib.sha256(content).hexdigest()
    return AttachedFile(uuid4().hex, plain, media_type, len(content), digest, at, content)
