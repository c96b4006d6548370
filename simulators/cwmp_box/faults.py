"""The faults that a box gives (TR-069 A.5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

METHOD_NOT_SUPPORTED: Final = 9000
INVALID_ARGUMENTS: Final = 9003
RESOURCES_EXCEEDED: Final = 9004
INVALID_NAME: Final = 9005
INVALID_TYPE: Final = 9006
INVALID_VALUE: Final = 9007
NOT_WRITABLE: Final = 9008
NOTIFICATION_REJECTED: Final = 9009
DOWNLOAD_FAILURE: Final = 9010
UPLOAD_FAILURE: Final = 9011
TRANSFER_UNAUTHORISED: Final = 9012
UNSUPPORTED_PROTOCOL: Final = 9013
NO_FILE_SERVER: Final = 9015
NO_FILE: Final = 9016
FILE_CORRUPTED: Final = 9018

TEXTS: Final[Mapping[int, str]] = {
    METHOD_NOT_SUPPORTED: "Method not supported",
    INVALID_ARGUMENTS: "Invalid arguments",
    RESOURCES_EXCEEDED: "Resources exceeded",
    INVALID_NAME: "Invalid parameter name",
    INVALID_TYPE: "Invalid parameter type",
    INVALID_VALUE: "Invalid parameter value",
    NOT_WRITABLE: "Attempt to set a non-writable parameter",
    NOTIFICATION_REJECTED: "Notification request rejected",
    DOWNLOAD_FAILURE: "Download failure",
    UPLOAD_FAILURE: "Upload failure",
    TRANSFER_UNAUTHORISED: "File transfer server authentication failure",
    UNSUPPORTED_PROTOCOL: "Unsupported protocol for file transfer",
    NO_FILE_SERVER: "File transfer failure: unable to contact file server",
    NO_FILE: "File transfer failure: unable to access file",
    FILE_CORRUPTED: "Download failure: file corrupted",
}


class BoxFaultError(Exception):
    """A box refuses a request, or a transfer of it fails.

    Attributes:
        code: FaultCode.
    """

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(TEXTS[code])
