// Note the sessions of derived scopes
// $p.rows: list of maps: unit, sessions (list of keys).
UNWIND $p.rows AS row
MERGE (s:_Scope {unit: row.unit})
SET s.sessions = row.sessions
