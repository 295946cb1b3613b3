// All nodes of the answer graph
// Columns: labels, properties. No order.
MATCH (n:Principal|Session|Credential|Action|Account|IPAddress|Resource)
RETURN labels(n) AS labels, properties(n) AS properties
