// Every chain of role sessions that nothing goes on from
// Along resolved parents, from the last role session back to where it begins; two role hops and more.
// Columns: origin_labels, origin_key, origin_account, roles (ARNs, first to last), confidences, first, last (ISO
// times), session (key of the last), events (of each role whose grant was logged, its first event). In order of session.
MATCH (leaf:Session {type: 'role'})
WHERE NOT EXISTS { (leaf)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
  AND NOT EXISTS { (leaf)-[:ISSUED {parent: true}]->(:Credential)-[:ASSUMED {parent: true}]->(:Session {type: 'role'}) }
MATCH path = (top)-[:ASSUMED|ISSUED*1..4000 {parent: true}]->(leaf)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
WITH leaf, top, [n IN nodes(path) WHERE n:Session AND n.type = 'role' | n.role_arn] AS roles,
     [r IN relationships(path) WHERE type(r) = 'ASSUMED' | r] AS ways
WHERE size(roles) >= 2
RETURN labels(top) AS origin_labels, top.key AS origin_key,
       CASE WHEN top:Session AND top.type = 'role' THEN top.account ELSE ways[0].caller_account END AS origin_account,
       roles, [way IN ways | way.confidence] AS confidences,
       reduce(time = ways[0].time, way IN ways | CASE WHEN way.time < time THEN way.time ELSE time END) AS first,
       reduce(time = ways[0].time, way IN ways | CASE WHEN way.time > time THEN way.time ELSE time END) AS last,
       leaf.key AS session,
       [way IN ways WHERE endNode(way).type = 'role' | head(way.event_ids)] AS events
ORDER BY session
