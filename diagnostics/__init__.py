"""The pure diagnostic engine: a snapshot and a rule-set in, a diagnosis out. No I/O, no clock, no randomness."""
