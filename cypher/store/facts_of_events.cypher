// Facts of events
// $p.events: list of texts (hour and ID).
// Columns: event, actor, body (bytes). In order of event and number.
UNWIND $p.events AS event
MATCH (x:_Fact {event: event})
RETURN x.event AS event, x.actor AS actor, x.body AS body
ORDER BY event, x.key
