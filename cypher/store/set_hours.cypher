// Write the sizes of hours
// $rows: list of maps: hour, buckets, events.
UNWIND $rows AS row
MATCH (h:_Hour {hour: row.hour})
SET h.buckets = row.buckets, h.events = row.events
