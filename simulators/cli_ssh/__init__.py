"""The OLT's command line, served over SSH as a Nokia ISAM does."""

from simulators.cli_ssh.server import IsamCli

__all__ = ["IsamCli"]
