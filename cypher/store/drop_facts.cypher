// Forget the facts of events
// $events: list of texts (hour and ID).
UNWIND $events AS event
MATCH (x:_Fact {event: event})
DELETE x
