// Note which events addenda amend
// $p.rows: list of maps: key (unique), id, original.
UNWIND $p.rows AS row
MERGE (a:_Amended {key: row.key})
  ON CREATE SET a = row
