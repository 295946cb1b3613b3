// Every way into a session across accounts
// Columns: caller_account, account, caller_labels, caller_key, role_arn, how, grants (list of JSON). No order.
MATCH (caller)-[way:ASSUMED {cross_account: true}]->(:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(role:Principal)
RETURN way.caller_account AS caller_account, way.account AS account, labels(caller) AS caller_labels, caller.key AS caller_key,
       coalesce(role.arn, role.key) AS role_arn, way.how AS how, way.grants AS grants
