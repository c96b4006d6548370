"""Migrations of the records, run by `storage.migration`."""
