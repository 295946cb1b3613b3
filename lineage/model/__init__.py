"""Values that all layers share: ARNs, times, keys, facts, batches, the schema of the graph."""
