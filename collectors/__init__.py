"""Read the network: OLTs over SNMP and CLI, boxes over CWMP, sessions over RADIUS. Imports `domain` only."""
