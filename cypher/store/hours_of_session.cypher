// When the identities of a session were seen
// $p.sessions: list of session keys.
// Columns: session, hours (bytes). No order.
UNWIND $p.sessions AS session
MATCH (a:_Actor {session: session})
RETURN session, a.hours AS hours
