// Calls of identities in some hours
// $prefixes: list of texts that the keys of their rows begin with.
// $low, $high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
UNWIND $prefixes AS prefix
MATCH ()-[r:USED]->()
WHERE r.key STARTS WITH prefix AND r.hour >= $low AND r.hour <= $high
WITH r, startNode(r) AS n, endNode(r) AS a
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
