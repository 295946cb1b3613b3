// Which paths lead through several roles?
// All longest role paths of two and more roles, along resolved parents, a row each.
// Leaves out the confidence of each path and the event IDs of its grants.
// $min_depth (integer, default 2): roles on the path at least.
// $role (text, default null): ARN or name of a role on the path.
// $account (text, default null): an account on the path.
// $cross_account (boolean, default false): only paths that leave their account.
// $since (time, default null): only paths with their last hop at this time or later.
// $until (time, default null): only paths with their last hop at this time or earlier.
// $limit (integer, default 1000): how many paths at most.
// Columns: roles (ARNs, first to last), accounts, origins (keys, at most 20), depth, count (chains), cross_account,
// first, last (ISO times), sessions (keys of the last sessions, oldest first, at most 5). In order of depth and count,
// greatest first, then of roles.
MATCH (leaf:Session {type: 'role'})
WHERE NOT EXISTS { (leaf)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
  AND NOT EXISTS { (leaf)-[:ISSUED {parent: true}]->(:Credential)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
MATCH path = (top)-[:ASSUMED|ISSUED*1..4000 {parent: true}]->(leaf)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
WITH leaf, top,
     [n IN nodes(path) WHERE n:Session AND n.type = 'role' | n.role_arn] AS roles,
     [n IN nodes(path) WHERE n:Session AND n.type = 'role' | n.account] AS role_accounts,
     [r IN relationships(path) WHERE type(r) = 'ASSUMED' | r] AS ways
WITH leaf, top, roles, role_accounts,
     CASE WHEN top:Session AND top.type = 'role' THEN top.account ELSE ways[0].caller_account END AS origin_account,
     reduce(time = ways[0].time, way IN ways | CASE WHEN way.time < time THEN way.time ELSE time END) AS first,
     reduce(time = ways[0].time, way IN ways | CASE WHEN way.time > time THEN way.time ELSE time END) AS last
WHERE size(roles) >= CASE WHEN $min_depth > 2 THEN $min_depth ELSE 2 END
  AND ($since IS NULL OR last >= $since)
  AND ($until IS NULL OR last <= $until)
ORDER BY last DESC, leaf.key DESC
WITH roles, role_accounts, collect(DISTINCT origin_account) AS some_accounts, collect(DISTINCT top.key) AS some_origins,
     count(*) AS count, min(first) AS first, max(last) AS last, reverse(collect(leaf.key)[..5]) AS sessions
WITH *, COLLECT { UNWIND some_accounts AS account RETURN account ORDER BY account } AS origin_accounts
WITH *, reduce(seen = [], account IN origin_accounts + role_accounts |
               CASE WHEN account IN seen THEN seen ELSE seen + account END) AS accounts
WHERE ($role IS NULL OR any(arn IN roles WHERE arn = $role OR arn ENDS WITH '/' + $role))
  AND ($account IS NULL OR $account IN accounts)
  AND (NOT $cross_account OR size(accounts) > 1)
RETURN roles, accounts,
       COLLECT { UNWIND some_origins AS key RETURN key ORDER BY key LIMIT 20 } AS origins,
       size(roles) AS depth, count, size(accounts) > 1 AS cross_account, first, last, sessions
ORDER BY depth DESC, count DESC, roles
LIMIT $limit
