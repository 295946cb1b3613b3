// The sessions that stand in derived scopes
// $terms: list of texts.
// Columns: rows, one list of lists of term, sessions (list of keys). No order.
UNWIND $terms AS term
MATCH (s:_Scope {term: term})
RETURN collect([s.term, s.sessions]) AS rows
