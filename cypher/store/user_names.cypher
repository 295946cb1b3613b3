// Names of Identity Center users
// Columns: principal, name. In order of both, each once.
MATCH (s:_Sighting)
WHERE s.arn <> '' AND NOT s.arn STARTS WITH 'arn:' AND NOT s.principal STARTS WITH 'arn:'
RETURN DISTINCT s.principal AS principal, s.arn AS name
ORDER BY principal, name
