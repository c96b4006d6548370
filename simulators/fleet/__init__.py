"""A fleet of OLTs at any size, as arrays: topology, physics, faults, and SNMP windows encoded a column at a time."""
