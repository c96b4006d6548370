"""Collective incidents over a fleet's latest state: found by likelihood on the tree, followed from run to run. Pure."""
