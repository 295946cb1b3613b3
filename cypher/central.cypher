// Which roles do most chains go on from?
// Counted over real chains of two and more role sessions, along resolved parents; the last two columns are by role,
// not one chain. (`lineage central` also tells entry points, groups of roles and betweenness.)
// $limit: integer, how many rows at most.
// Columns: role_arn, through (chains that go on from it), chains (that it is on), origins (distinct known ones),
// assumed_by (by role: roles whose sessions obtained it), assumes (by role: roles that its sessions obtained). In order
// of through and chains, greatest first, then of role_arn.
MATCH (leaf:Session {type: 'role'})
WHERE NOT EXISTS { (leaf)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
  AND NOT EXISTS { (leaf)-[:ISSUED {parent: true}]->(:Credential)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
MATCH path = (top)-[:ASSUMED|ISSUED*1..4000 {parent: true}]->(leaf)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH CASE WHEN top:Principal THEN top ELSE holder END AS origin,
     [n IN nodes(path) WHERE n:Session AND n.type = 'role' | n.role_arn] AS roles
WHERE size(roles) > 1
CALL (roles) {
  UNWIND range(0, size(roles) - 1) AS place
  WITH roles[place] AS role, max(place) AS at, size(roles) - 1 AS end, count(*) AS times
  RETURN role, CASE WHEN at < end OR times > 1 THEN 1 ELSE 0 END AS goes_on
}
WITH role AS role_arn, sum(goes_on) AS through, count(*) AS chains, count(DISTINCT origin.key) AS origins
WHERE through > 0
RETURN role_arn, through, chains, origins,
       COUNT {
         MATCH (own:Session {role_arn: role_arn})<-[:ASSUMED {parent: true}]-(direct)
         OPTIONAL MATCH (direct)<-[:ISSUED {parent: true}]-(issuer:Session)
         WITH coalesce(issuer, direct) AS caller
         WHERE caller:Session AND caller.type = 'role' AND caller.role_arn <> role_arn
         RETURN DISTINCT caller.role_arn
       } AS assumed_by,
       COUNT {
         MATCH (own:Session {role_arn: role_arn})-[:ISSUED*0..1 {parent: true}]->()-[:ASSUMED {parent: true}]->(next:Session)
         WHERE next.type = 'role' AND next.role_arn <> role_arn
         RETURN DISTINCT next.role_arn
       } AS assumes
ORDER BY through DESC, chains DESC, role_arn
LIMIT $limit
