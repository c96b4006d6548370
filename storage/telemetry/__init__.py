"""Keeps telemetry: the embedded store (SQLite segments, sealed to Parquet) and InfluxDB, behind one Protocol."""
