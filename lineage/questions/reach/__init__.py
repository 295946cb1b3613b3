"""Parts of the questions about reach: what descends, what lives, what stops it."""
