"""The SQLite store: one SQLite file."""
