// Names of unique IDs
// $p.ids: list of unique IDs (AIDA…, AROA…, Identity Center user IDs).
// Columns: principal, unique_id, arn, first, last (seconds). In order of ID, principal and ARN.
UNWIND $p.ids AS id
MATCH (s:_Sighting {unique_id: id})
RETURN s.principal AS principal, s.unique_id AS unique_id, s.arn AS arn, s.first AS first, s.last AS last
ORDER BY unique_id, principal, arn
