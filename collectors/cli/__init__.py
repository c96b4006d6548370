"""CLI transport: netmiko, always behind one bounded thread helper, one session an OLT."""
