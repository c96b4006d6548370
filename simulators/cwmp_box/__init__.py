"""The plant's boxes as CWMP clients, and their connection-request port."""

from simulators.cwmp_box.fleet import BoxFleet, FleetStats

__all__ = ["BoxFleet", "FleetStats"]
