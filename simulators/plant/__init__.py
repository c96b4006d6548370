"""The physical plant: its description, its physics, its state and its faults."""
