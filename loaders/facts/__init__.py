"""Records in, facts out: identities, grants, keys, sign-ins, changes, workloads."""
