// Accounts and their events
// Columns: account, count, first, last (seconds). In order of account.
MATCH (c:_Coverage)
WHERE c.count > 0
RETURN c.account AS account, sum(c.count) AS count, min(c.first) AS first, max(c.last) AS last
ORDER BY account
