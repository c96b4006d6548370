"""Tokens, sign-in cookies and rights."""
