"""Loaders: CloudTrail as it lies on disk, turned into records and facts. Knows no store and no CLI."""
