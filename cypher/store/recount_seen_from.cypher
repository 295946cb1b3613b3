// Count the calls of nodes from addresses anew
// What has no calls any more is removed.
// $p.rows: list of maps: source (node ID), key (of SEEN_FROM), address, endpoint ('' for none).
// Columns: target (node ID of an address that lost its relationship). No order.
UNWIND $p.rows AS row
MATCH (a)
WHERE elementId(a) = row.source
MATCH ()-[r:SEEN_FROM {key: row.key}]->(b)
CALL (a, row) {
  MATCH (a)-[u:USED]->()
  WHERE u.source_ip = row.address AND coalesce(u.endpoint, '') = row.endpoint
  RETURN sum(u.count) AS count, min(u.first) AS first, max(u.last) AS last
}
SET r.count = count, r.first = first, r.last = last
WITH r, b, count
WHERE count = 0
DELETE r
RETURN elementId(b) AS target
