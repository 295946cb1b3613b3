"""Which resources a call is about."""
