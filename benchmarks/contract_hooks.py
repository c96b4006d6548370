"""What schemathesis may not do to itself: revoke the token that it asks with."""

from __future__ import annotations

import os
from typing import Any

import schemathesis

OWN = os.environ.get("CONTRACT_TOKEN_ID", "")


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Another token in the place of one's own."""
    if case.path_parameters.get("token_id") == OWN:
        case.path_parameters["token_id"] = "0" * 16
