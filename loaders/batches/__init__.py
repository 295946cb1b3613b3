"""Records in, batches for a store out: rows, ledger entries, samples."""
