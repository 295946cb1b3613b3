// Draw the paths that lead through several roles.
// The answer of questions/chains.cypher as paths.
// One chain for each path of two and more roles, the newest, from its origin
// along resolved parents, of at most 50 steps.
// $min_depth (integer, default 2): roles on the path at least.
// $role (text, default null): ARN or name of a role on the path.
// $account (text, default null): an account on the path.
// $cross_account (boolean, default false): only paths that leave their account.
// $since (time, default null): only paths with their last hop at this time or later.
// $until (time, default null): only paths with their last hop at this time or earlier.
// $limit (integer, default 50): how many paths at most; 50 can still be read.
// Columns: path, owners (paths: which role each session is of), chains (how many stand behind the one that is drawn),
// last (ISO time of the newest). Longest first, then most chains, then by roles.
MATCH (leaf:Session {type: 'role'})
WHERE NOT EXISTS { (leaf)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
  AND NOT EXISTS { (leaf)-[:ISSUED {parent: true}]->(:Credential)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
MATCH path = (top)-[:ASSUMED|ISSUED*1..50 {parent: true}]->(leaf)
WHERE length(path) = 50 OR NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
WITH path, leaf, [n IN nodes(path) WHERE n:Session AND n.type = 'role'] AS sessions,
     [r IN relationships(path) WHERE type(r) = 'ASSUMED'] AS ways
WHERE size(sessions) >= CASE WHEN $min_depth > 2 THEN $min_depth ELSE 2 END
WITH path, leaf, [s IN sessions | s.role_arn] AS roles, [s IN sessions | s.account] AS role_accounts,
     ways[0].caller_account AS origin_account, last(ways).time AS time
WHERE ($since IS NULL OR time >= $since)
  AND ($until IS NULL OR time <= $until)
  AND ($role IS NULL OR any(arn IN roles WHERE arn = $role OR arn ENDS WITH '/' + $role))
  AND ($account IS NULL OR origin_account = $account OR $account IN role_accounts)
  AND (NOT $cross_account OR any(account IN role_accounts WHERE account <> coalesce(origin_account, role_accounts[0])))
WITH path, leaf, roles, time
ORDER BY time DESC, leaf.key DESC
WITH roles, head(collect(path)) AS path, count(*) AS chains, max(time) AS last
ORDER BY size(roles) DESC, chains DESC, roles
LIMIT $limit
RETURN path,
       COLLECT {
         UNWIND nodes(path) AS one
         MATCH owner = (one)-[:SESSION_OF|BELONGS_TO]->(:Principal)
         RETURN owner
       } AS owners,
       chains, last
