// Calls from source addresses in some hours
// Sessions and keys are found by what they were seen from; principals' own calls are looked through.
// $addresses: list of texts.
// $low, $high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
CALL () {
  UNWIND $addresses AS address
  MATCH (i:IPAddress)<-[:SEEN_FROM]-(n)
  WHERE i.key STARTS WITH address AND i.address = address
  WITH DISTINCT address, n
  MATCH (n)-[r:USED]->(a)
  WHERE r.source_ip = address AND r.hour >= $low AND r.hour <= $high
  RETURN n, r, a
  UNION ALL
  MATCH (n:Principal)-[r:USED]->(a)
  WHERE r.source_ip IN $addresses AND r.hour >= $low AND r.hour <= $high
  RETURN n, r, a
}
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
