// Credentials of an access key
// $p.key: text.
// Columns: key. In order.
MATCH (c:Credential)
WHERE c.key STARTS WITH $p.key AND (c.key = $p.key OR c.key STARTS WITH $p.key + ' ')
RETURN c.key AS key
ORDER BY key
