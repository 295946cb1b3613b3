// Calls of API operations in some hours
// $p.apis: list of texts, as sts:AssumeRole.
// $p.low, $p.high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
UNWIND $p.apis AS api
MATCH (a:Action {key: api})<-[r:USED]-(n)
WHERE r.hour >= $p.low AND r.hour <= $p.high
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
