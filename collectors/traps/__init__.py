"""What OLTs say by themselves: SNMP traps and informs, received, deduplicated and turned into observations."""
