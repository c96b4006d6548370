"""Acts on boxes and ONTs (*téléactions*). Nothing acts yet: the catalogue comes with its own audit and proofs."""
