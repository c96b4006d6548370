"""The rules: each is a module with its page beside it, found by listing this folder."""
