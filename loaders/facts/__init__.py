"""What one record says: identity, grants, keys, sign-ins, changes, workloads."""
