"""The questions as methods of an open store, by group."""
