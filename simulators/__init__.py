"""One simulated plant seen through many windows: SNMP, CLI, CWMP and RADIUS.

Nothing here reads the collectors' tables of OIDs, parameters or prompts: a wrong one would be wrong on both sides.
"""
