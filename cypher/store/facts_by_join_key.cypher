// Facts by join key
// $p.join_keys: list of texts.
// Columns: rows, one list of lists of join key, key (of the fact), body (bytes). No order.
UNWIND $p.join_keys AS key
MATCH (j:_JoinKey {key: key})
MATCH (x:_Fact {key: j.fact})
RETURN collect([key, x.key, x.body]) AS rows
