"""TMF656 v4: collective incidents as service problems."""
