// Coverage of accounts by hour
// $p.keys: list of texts (account and day).
// Columns: rows, one list of lists of key, body (bytes). No order.
UNWIND $p.keys AS key
MATCH (c:_Coverage {key: key})
RETURN collect([c.key, c.body]) AS rows
