// Remove coverage
// $p.rows: list of texts (account and day).
UNWIND $p.rows AS key
MATCH (c:_Coverage {key: key})
DELETE c
