// Forget scopes without sessions
// $p.units: list of texts (join keys).
UNWIND $p.units AS unit
MATCH (s:_Scope {unit: unit})
DELETE s
