"""SNMP windows on the plant: an own BER codec and responder, the simulated ISAM agent, and recordings replayed."""
