// When calls came from source addresses, or were about resources, and how many
// $p.addresses, $p.resources (keys): lists of texts.
// Columns: value (of the list), first, last (ISO times), calls. No order.
CALL () {
  UNWIND $p.addresses AS value
  MATCH (i:IPAddress)<-[r:SEEN_FROM]-()
  WHERE i.key STARTS WITH value AND i.address = value
  RETURN value, r.first AS first, r.last AS last, r.count AS calls
  UNION ALL
  MATCH (:Principal)-[r:USED]->()
  WHERE r.source_ip IN $p.addresses
  RETURN r.source_ip AS value, r.first AS first, r.last AS last, r.count AS calls
  UNION ALL
  UNWIND $p.resources AS value
  MATCH (:Resource {key: value})<-[r:TOUCHED]-()
  RETURN value, r.first AS first, r.last AS last, r.count AS calls
}
RETURN value, min(first) AS first, max(last) AS last, sum(calls) AS calls
