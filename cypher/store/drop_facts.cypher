// Forget the facts of events
// $p.events: list of texts (hour and ID).
UNWIND $p.events AS event
MATCH (x:_Fact {event: event})
DELETE x
