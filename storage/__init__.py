"""Keeps records: accesses, diagnoses with their snapshots, last walks of OLTs, boxes and sessions."""
