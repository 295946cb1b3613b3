"""Records to batches: rows, ledger entries, samples."""
