// Calls from source addresses in some hours
// Sessions and keys are found by what they were seen from; principals' own calls are looked through.
// $p.addresses: list of texts.
// $p.low, $p.high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
CALL () {
  UNWIND $p.addresses AS address
  MATCH (i:IPAddress)<-[:SEEN_FROM]-(n)
  WHERE i.key STARTS WITH address AND i.address = address
  WITH DISTINCT address, n
  MATCH (n)-[r:USED]->(a)
  WHERE r.source_ip = address AND r.hour >= $p.low AND r.hour <= $p.high
  RETURN n, r, a
  UNION ALL
  MATCH (n:Principal)-[r:USED]->(a)
  WHERE r.source_ip IN $p.addresses AND r.hour >= $p.low AND r.hour <= $p.high
  RETURN n, r, a
}
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
