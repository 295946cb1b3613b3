// The shards that may hold some events
// Probes one shard in each of the hours for each.
// $p.rows: list of maps: n (number), id (text of 16 characters), hash (integer of its last two bytes).
// $p.low, $p.high: first and last hour, integers.
// Columns: n, hour, ids, rest (bytes). No order.
MATCH (h:_Hour)
WHERE $p.low <= h.hour <= $p.high
UNWIND $p.rows AS row
MATCH (s:_Shard {key: h.hour * 65536 + row.hash % h.buckets})
WHERE s.ids CONTAINS row.id
RETURN row.n AS n, h.hour AS hour, s.ids AS ids, s.rest AS rest
