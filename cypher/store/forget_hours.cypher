// Remove hours with their shards of the ledger and the copies of their events
// $p.hours: list of UTC hours since the epoch. $p.shards: list of integers (hour * 65536 + bucket).
CALL () {
  UNWIND $p.hours AS hour
  MATCH (h:_Hour {hour: hour})
  RETURN h AS n
  UNION ALL
  UNWIND $p.shards AS key
  MATCH (s:_Shard {key: key})
  RETURN s AS n
  UNION ALL
  UNWIND $p.hours AS hour
  MATCH (c:_Copies {hour: hour})
  RETURN c AS n
}
DELETE n
