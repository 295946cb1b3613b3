// Events whose facts stand for good, since their usage was forgotten
// $p.events: list of texts (hour and ID).
// Columns: event. No order.
UNWIND $p.events AS event
MATCH (f:_Fact {event: event})
WHERE f.kept
RETURN DISTINCT event
