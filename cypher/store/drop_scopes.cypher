// Forget scopes without sessions
// $units: list of texts (join keys).
UNWIND $units AS unit
MATCH (s:_Scope {unit: unit})
DELETE s
