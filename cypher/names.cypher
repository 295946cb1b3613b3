// What do session names say, and whose credentials were they?
// A row for each role, session name and origin. The known people are the IAM users, Identity Center users and SAML
// identities of the graph; names are compared in small letters, up to the first @ or +, without separators.
// (`lineage names` also tells default names, source identities and what trust policies demanded.)
// $role: text, the key of a role (its ARN without its path), or null. $since, $until: ISO times between which sessions
// began, or null. $limit: integer, how many rows at most.
// Columns: role_arn, name, verdict (names-another, names-origin, names-nobody, not-known), others (names of other
// people, at most 5), origin_kind (Unresolved where the chain is open), origin (key), sessions, first, last (ISO
// times), keys (of the first sessions, at most 5). In order of verdict, sessions, greatest first, then of name, role
// and origin.
MATCH (person:Principal)
WHERE person.kind IN ['IAMUser', 'IdentityCenterUser', 'SAMLIdentity'] AND person.name IS NOT NULL
WITH collect({
       key: person.key, name: person.name,
       plain: replace(replace(replace(split(split(toLower(person.name), '@')[0], '+')[0], '.', ''), '-', ''), '_', '')
     }) AS people
MATCH (session:Session {type: 'role'})-[of:SESSION_OF WHERE of.stated IS NULL]->(role:Principal)
WHERE session.name IS NOT NULL
  AND ($role IS NULL OR role.key = $role)
  AND ($since IS NULL OR session.created >= $since)
  AND ($until IS NULL OR session.created <= $until)
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*1..4000 {parent: true}]->(session)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[held:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR held.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH people, session, role, CASE WHEN top:Principal THEN top ELSE holder END AS origin
WITH people, role, session.name AS name, origin, count(*) AS sessions, min(session.created) AS first,
     max(session.created) AS last, collect(session.key) AS all_keys
WITH *, replace(replace(replace(split(split(toLower(name), '@')[0], '+')[0], '.', ''), '-', ''), '_', '') AS plain
WITH *, [one IN people WHERE one.plain = plain AND plain <> ''] AS named
WITH *, CASE WHEN origin IS NULL THEN 'not-known'
             WHEN any(one IN named WHERE one.key = origin.key) OR name = origin.name THEN 'names-origin'
             WHEN size(named) = 0 OR origin.kind = 'AWSService' THEN 'names-nobody'
             ELSE 'names-another' END AS verdict
RETURN coalesce(role.arn, role.key) AS role_arn, name, verdict,
       CASE WHEN verdict IN ['names-another', 'not-known']
            THEN COLLECT { UNWIND named AS one RETURN DISTINCT one.name AS other ORDER BY other LIMIT 5 }
            ELSE [] END AS others,
       coalesce(origin.kind, 'Unresolved') AS origin_kind, origin.key AS origin, sessions, first, last,
       COLLECT { UNWIND all_keys AS key RETURN key ORDER BY split(key, '/')[-1], key LIMIT 5 } AS keys
ORDER BY CASE verdict WHEN 'names-another' THEN 0 WHEN 'names-origin' THEN 1 WHEN 'names-nobody' THEN 2 ELSE 3 END,
         sessions DESC, name, role_arn, coalesce(origin, '')
LIMIT $limit
