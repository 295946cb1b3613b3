// Note time ranges of digests
// $rows: list of maps: key (unique), account, region, start, end (seconds).
UNWIND $rows AS row
MERGE (d:_Digest {key: row.key})
SET d.account = row.account, d.region = row.region, d.start = row.start, d.end = row.end
