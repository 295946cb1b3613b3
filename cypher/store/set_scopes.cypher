// Note the sessions of derived scopes
// $rows: list of maps: term, sessions (list of keys).
UNWIND $rows AS row
MERGE (s:_Scope {term: row.term})
SET s.sessions = row.sessions
