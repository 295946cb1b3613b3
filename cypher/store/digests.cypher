// Note time ranges of digests
// $p.rows: list of maps: key (unique), account, region, start, end (seconds).
UNWIND $p.rows AS row
MERGE (d:_Digest {key: row.key})
SET d.account = row.account, d.region = row.region, d.start = row.start, d.end = row.end
