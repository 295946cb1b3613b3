// Which logs are loaded?
// A row for each account that delivered events, region and category, read off the calls that the graph holds.
// (`lineage coverage` also tells gaps, trails that were stopped, and what no answer can therefore say.)
// $account: text, an account ID, or null for all. $since, $until: ISO times that the hours of the calls lie between, or
// null. $limit: integer, how many rows at most.
// Columns: account, region, category (management-read, management-write, data:SERVICE, signin or service), events,
// hours (in which there is any), first, last (ISO times). In order of account, region and category.
MATCH ()-[used:USED]->(:Action)
WHERE ($account IS NULL OR used.account = $account)
  AND ($since IS NULL OR used.last >= $since)
  AND ($until IS NULL OR used.first <= $until)
RETURN used.account AS account, used.region AS region, used.category AS category, sum(used.count) AS events,
       count(DISTINCT used.hour) AS hours, min(used.first) AS first, max(used.last) AS last
ORDER BY coalesce(account, ''), coalesce(region, ''), category
LIMIT $limit
