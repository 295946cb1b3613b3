// How many terms wait to be derived
// Columns: terms.
OPTIONAL MATCH (d:_Dirty)
RETURN coalesce(sum(size(d.terms)), 0) AS terms
