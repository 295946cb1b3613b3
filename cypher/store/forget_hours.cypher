// Remove hours with their shards of the ledger and the copies of their events
// $hours: list of UTC hours since the epoch. $shards: list of integers (hour * 65536 + bucket).
CALL () {
  UNWIND $hours AS hour
  MATCH (h:_Hour {hour: hour})
  RETURN h AS n
  UNION ALL
  UNWIND $shards AS key
  MATCH (s:_Shard {key: key})
  RETURN s AS n
  UNION ALL
  MATCH (c:_Copies)
  WHERE c.hour IN $hours
  RETURN c AS n
}
DELETE n
