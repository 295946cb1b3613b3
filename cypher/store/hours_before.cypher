// The hours before one whose rows stand in the graph
// Hours with rows that wait to be written are left out.
// $p.hour: UTC hour since the epoch.
// Columns: hour, buckets, events. In order of hour.
MATCH (h:_Hour)
WHERE h.hour < $p.hour AND NOT EXISTS { MATCH (p:_Pending) WHERE p.hour = h.hour }
RETURN h.hour AS hour, h.buckets AS buckets, h.events AS events
ORDER BY hour
