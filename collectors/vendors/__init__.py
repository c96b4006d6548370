"""Drivers, one folder a vendor. A folder is found by itself: see `collectors.register`."""
