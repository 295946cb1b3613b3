// Write the sizes of hours
// $p.rows: list of maps: hour, buckets, events.
UNWIND $p.rows AS row
MATCH (h:_Hour {hour: row.hour})
SET h.buckets = row.buckets, h.events = row.events
