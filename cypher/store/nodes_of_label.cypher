// The nodes of one label
// $p.label: text.
// Columns: labels, properties. No order.
MATCH (n:Principal|Session|Credential|Resource)
WHERE $p.label IN labels(n)
RETURN labels(n) AS labels, properties(n) AS properties
