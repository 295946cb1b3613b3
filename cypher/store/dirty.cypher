// Marks of join keys to be derived
// $p.limit: how many marks.
// Columns: id (of the mark), join_keys. No order.
MATCH (d:_Dirty)
RETURN elementId(d) AS id, d.join_keys AS join_keys
LIMIT $p.limit
