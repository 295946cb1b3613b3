// All calls in some hours
// $p.accounts: list of texts that they are of, null for any.
// $p.agents: list of texts; their user agent has one of these in it, in either case; null for any.
// $p.texts: list of texts; what they are about, or an example, has one of these in it; null for any.
// $p.failed: only calls with an error?
// $p.low, $p.high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
MATCH (n)-[r:USED]->(a)
WHERE r.hour >= $p.low AND r.hour <= $p.high
  AND (NOT $p.failed OR r.error IS NOT NULL) AND ($p.accounts IS NULL OR r.account IN $p.accounts)
  AND ($p.agents IS NULL OR any(one IN $p.agents WHERE toLower(r.user_agent) CONTAINS toLower(one)))
  AND ($p.texts IS NULL OR any(one IN $p.texts WHERE any(
    said IN [r.resource, r.resource_id] + coalesce(r.beside, []) + coalesce(r.sample_resources, []) + coalesce(r.sample_parameters, [])
    WHERE said CONTAINS one)))
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
