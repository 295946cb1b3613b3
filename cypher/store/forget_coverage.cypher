// Remove coverage
// $rows: list of texts (account and day).
UNWIND $rows AS key
MATCH (c:_Coverage {key: key})
DELETE c
