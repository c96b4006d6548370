"""`python -m api demo`: the one place where simulators meet production code."""
