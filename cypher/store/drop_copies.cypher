// Forget the copies of events of which one copy is left
// $p.rows: list of texts (hour and ID).
UNWIND $p.rows AS event
MATCH (c:_Copies {event: event})
DELETE c
