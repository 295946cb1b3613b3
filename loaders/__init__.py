"""CloudTrail in, batches out. The packages are in the order of the data; each imports only those before it.

- `files`: paths in, decompressed streams of bytes out;
- `records`: streams in, CloudTrail records out, whatever their form and wrapping;
- `targets`: records in, the resources that calls are about out;
- `facts`: records in, facts out: identities, grants, keys, sign-ins, changes, workloads;
- `batches`: records in, batches for a store out, in one or several processes;
- `findings`: findings and single events in, alerts out.

`secrets` removes secrets; `account_names` reads the names of accounts. Loaders import nothing of `lineage` but
`lineage.model`.
"""
