// Forget scopes without sessions
// $terms: list of texts.
UNWIND $terms AS term
MATCH (s:_Scope {term: term})
DELETE s
