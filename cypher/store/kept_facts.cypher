// Events whose facts stand for good, since their usage was forgotten
// $events: list of texts (hour and ID).
// Columns: event. No order.
UNWIND $events AS event
MATCH (f:_Fact {event: event})
WHERE f.kept
RETURN DISTINCT event
