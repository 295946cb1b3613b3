// The shards that may hold an event
// Probes one shard in each hour.
// $id: text of 16 characters. $hash: integer of its last two bytes.
// Columns: hour, ids, rest (bytes). In order of hour.
MATCH (h:_Hour)
MATCH (s:_Shard {key: h.hour * 65536 + $hash % h.buckets})
WHERE s.ids CONTAINS $id
RETURN h.hour AS hour, s.ids AS ids, s.rest AS rest
ORDER BY hour
