"""Stores: where lineage is kept. Both keep the same graph and answer the same questions alike."""
