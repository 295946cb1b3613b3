"""`lineage serve`: questions over HTTP. `worker` answers them in processes of its own, `pool` shares them out, `app`
is what is spoken over HTTP, `access` says who may ask, `tokens` keeps the tokens, `logs` and `metrics` tell."""
