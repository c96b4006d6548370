"""What polling may cost an OLT: its load contract, a pure policer, and the budget that polls and live reads share."""

from collectors.load.budget import Budgets, OltBudget, Usage
from collectors.load.pace import ColumnPace, Pace, RoundTrip
from domain.load import LoadContract, QuietHours

__all__ = ["Budgets", "ColumnPace", "LoadContract", "OltBudget", "Pace", "QuietHours", "RoundTrip", "Usage"]
