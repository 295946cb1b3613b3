// Keep the copies of events that no other copy covers
// $p.rows: list of maps: event (hour and ID), hour, id (bytes), conflict (boolean), body (bytes).
UNWIND $p.rows AS row
MERGE (c:_Copies {event: row.event})
SET c = row
