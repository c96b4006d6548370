"""The OLT's command line, served over SSH as its vendor does."""

from simulators.cli_ssh.server import Habits, IsamCli, OltCli

__all__ = ["Habits", "IsamCli", "OltCli"]
