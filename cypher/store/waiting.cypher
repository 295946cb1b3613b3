// How many join keys wait to be derived
// Columns: join_keys.
OPTIONAL MATCH (d:_Dirty)
RETURN coalesce(sum(size(d.join_keys)), 0) AS join_keys
