// Facts of calls by identities
// $p.actors: list of identity IDs (hex).
// Columns: event, actor, body (bytes). No order.
UNWIND $p.actors AS actor
MATCH (x:_Fact {actor: actor})
RETURN x.event AS event, x.actor AS actor, x.body AS body
