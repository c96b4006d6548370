"""Trends: pure functions over series, vectorised so that a fleet is scanned in one pass."""
