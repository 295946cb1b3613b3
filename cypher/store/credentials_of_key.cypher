// Credentials of an access key
// $key: text.
// Columns: key. In order.
MATCH (c:Credential)
WHERE c.key STARTS WITH $key AND (c.key = $key OR c.key STARTS WITH $key + ' ')
RETURN c.key AS key
ORDER BY key
