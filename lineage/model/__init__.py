"""Values that every part shares: names, times, keys, facts, batches, the graph's schema."""
