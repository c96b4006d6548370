"""SNMP v2c transport: one UDP socket for every agent, a strict fast codec, pyasn1 for what it does not know."""
