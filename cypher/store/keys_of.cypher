// Long-term access keys of a principal
// $p.principal: text.
// Columns: key. In order.
MATCH (:Principal {key: $p.principal})<-[:BELONGS_TO]-(c:Credential)
WHERE NOT c.key CONTAINS ' '
RETURN c.key AS key
ORDER BY key
