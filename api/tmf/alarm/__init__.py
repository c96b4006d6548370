"""TMF642 v4: what is wrong now, as alarms."""
