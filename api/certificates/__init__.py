"""Digital certificates: the embedded authority, what operators do with theirs, and who shows one over TLS."""
