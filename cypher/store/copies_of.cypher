// The copies of events
// $p.events: list of texts (hour and ID).
// Columns: event, body (bytes). No order.
UNWIND $p.events AS event
MATCH (c:_Copies {event: event})
RETURN c.event AS event, c.body AS body
