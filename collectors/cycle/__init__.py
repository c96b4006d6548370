"""The polling cycle of a fleet: tables read straight into columns, in the units of the metrics."""
