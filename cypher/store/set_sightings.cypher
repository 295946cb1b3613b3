// Note when unique IDs and ARNs were seen
// $p.rows: list of maps: key (unique), principal, unique_id, arn, first, last (seconds).
UNWIND $p.rows AS row
MERGE (s:_Sighting {key: row.key})
  ON CREATE SET s = row
  ON MATCH SET s.first = CASE WHEN row.first < s.first THEN row.first ELSE s.first END,
               s.last = CASE WHEN row.last > s.last THEN row.last ELSE s.last END
