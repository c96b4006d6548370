"""The Internet platform behind the accesses, probed from its own side."""
