// Forget the copies of events of which one copy is left
// $rows: list of texts (hour and ID).
UNWIND $rows AS event
MATCH (c:_Copies {event: event})
DELETE c
