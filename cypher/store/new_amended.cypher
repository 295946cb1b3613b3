// Note which events addenda amend
// $rows: list of maps: key (unique), id, original.
UNWIND $rows AS row
MERGE (a:_Amended {key: row.key})
  ON CREATE SET a = row
