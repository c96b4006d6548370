"""The BRAS's RADIUS accounting and the AAA server's authentication log."""

from simulators.radius.sender import RadiusSender, RadiusStats

__all__ = ["RadiusSender", "RadiusStats"]
