// The sessions that stand in derived scopes
// $units: list of texts (join keys).
// Columns: rows, one list of lists of unit, sessions (list of keys). No order.
UNWIND $units AS unit
MATCH (s:_Scope {unit: unit})
RETURN collect([s.unit, s.sessions]) AS rows
