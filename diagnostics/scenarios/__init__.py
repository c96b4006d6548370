"""Labelled scenarios: their observations as a snapshot. Labels and descriptions never reach the engine.

`snapshot_of` builds the snapshot, from a file for each part of the observations; `names` holds the scenarios' words.
"""
