// Note the sessions of derived scopes
// $rows: list of maps: unit, sessions (list of keys).
UNWIND $rows AS row
MERGE (s:_Scope {unit: row.unit})
SET s.sessions = row.sessions
