// Calls of API operations in some hours
// $apis: list of texts, as sts:AssumeRole.
// $low, $high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
UNWIND $apis AS api
MATCH (a:Action {key: api})<-[r:USED]-(n)
WHERE r.hour >= $low AND r.hour <= $high
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
