// The sessions that stand in derived scopes
// $p.units: list of texts (join keys).
// Columns: rows, one list of lists of unit, sessions (list of keys). No order.
UNWIND $p.units AS unit
MATCH (s:_Scope {unit: unit})
RETURN collect([s.unit, s.sessions]) AS rows
