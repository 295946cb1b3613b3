// Marks of terms to be derived
// $limit: how many marks.
// Columns: id (of the mark), terms. No order.
MATCH (d:_Dirty)
RETURN elementId(d) AS id, d.terms AS terms
LIMIT $limit
