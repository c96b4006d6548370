"""SNMPv3 with the user-based security model (RFC 3414): SHA-1 and SHA-2 (RFC 7860), AES-128 (RFC 3826)."""
