// Events whose copies contradict each other
// $p.ids: list of event IDs (bytes), or null for all.
// Columns: hour, id (bytes), body (bytes). In order of hour and ID.
MATCH (c:_Copies {conflict: true})
WHERE $p.ids IS NULL OR c.id IN $p.ids
RETURN c.hour AS hour, c.id AS id, c.body AS body
ORDER BY hour, c.event
