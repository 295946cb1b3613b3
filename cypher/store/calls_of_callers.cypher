// Calls of identities in some hours
// $p.prefixes: list of texts that the keys of their rows begin with.
// $p.low, $p.high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
UNWIND $p.prefixes AS prefix
MATCH ()-[r:USED]->()
WHERE r.key STARTS WITH prefix AND r.hour >= $p.low AND r.hour <= $p.high
WITH r, startNode(r) AS n, endNode(r) AS a
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
