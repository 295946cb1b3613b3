// All coverage
// Columns: account, body (bytes). In order of account and day.
MATCH (c:_Coverage)
RETURN c.account AS account, c.body AS body
ORDER BY account, c.day
