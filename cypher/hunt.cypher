// What deserves a look?
// A row for each finding of five rules: trails-stopped, keys-for-others, password-then-sign-in, recycled-keys and
// foreign-accounts. A finding is no verdict. (`lineage hunt` has more rules, each with what it cannot see.)
// $known_accounts: list of account IDs that are one's own, or null: then all that have logs are.
// $since, $until: ISO times between which the finding lies, or null. $limit: integer, how many rows at most.
// Columns: rule, time (ISO), subject (key of the trail, key, user or role), told (what happened: API, what, account or
// sessions), origin_kind (Unresolved where the chain is open), origin (key), event_ids (at most 5). In order of time,
// rule, subject and told.
CALL () {
  MATCH ()-[used:USED]->(:Action)
  RETURN collect(DISTINCT used.account) AS loaded
}
WITH coalesce($known_accounts, loaded) AS known
CALL (known) {
  MATCH (caller)-[deed:CHANGED {what: 'trail'}]->(trail)
  WHERE NOT coalesce(deed.after, '') = 'started' AND NOT deed.api IN ['cloudtrail:CreateTrail']
  RETURN 'trails-stopped' AS rule, deed.time AS time, trail.key AS subject,
         deed.api + CASE WHEN deed.after IN ['stopped', 'deleted'] THEN ' ' + deed.after ELSE '' END AS told,
         caller, deed.event_ids AS event_ids
  UNION ALL
  MATCH (caller)-[issued:ISSUED {parent: false}]->(key:Credential)-[:BELONGS_TO]->(owner:Principal)
  WHERE issued.event_id IS NOT NULL
    AND EXISTS { (key)-[:USED]->() }
    AND NOT EXISTS { (caller)-[:BELONGS_TO|SESSION_OF]->(owner) }
    AND caller <> owner
  RETURN 'keys-for-others' AS rule, issued.time AS time, key.key AS subject, issued.api + ' for ' + owner.key AS told,
         caller, issued.event_ids AS event_ids
  UNION ALL
  MATCH (caller)-[deed:CREATED|CHANGED]->(user:Principal)-[way:ASSUMED {how: 'console'}]->(session:Session)
  WHERE (deed.what = 'login profile' OR (deed.what = 'password' AND deed.after = 'updated'))
    AND session.created >= deed.time
    AND datetime(session.created) <= datetime(deed.time) + duration({hours: 24})
    AND NOT EXISTS { (caller)-[:BELONGS_TO|SESSION_OF]->(user) }
    AND caller <> user
  WITH caller, deed, user, min(session.created) AS first, collect(way.event_ids) AS lists
  RETURN 'password-then-sign-in' AS rule, first AS time, user.key AS subject, deed.api + ' at ' + deed.time AS told,
         caller, deed.event_ids + reduce(ids = [], list IN lists | ids + list) AS event_ids
  UNION ALL
  MATCH (session:Session)-[issued:ISSUED {parent: true}]->(key:Credential)
  WHERE key.access_key_id IS NOT NULL
  WITH key.access_key_id AS id, collect(session) AS sessions, max(issued.time) AS time, collect(issued.event_id) AS ids
  WHERE size(sessions) > 1
  RETURN 'recycled-keys' AS rule, time, id AS subject, toString(size(sessions)) + ' sessions' AS told,
         sessions[0] AS caller, ids AS event_ids
  UNION ALL
  MATCH (caller)-[way:ASSUMED {parent: true, cross_account: true}]->(session:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(role:Principal)
  WHERE NOT way.caller_account IN known AND session.account IN known
  WITH role, way.caller_account AS account, min(way.time) AS time, count(*) AS times, collect(caller) AS callers,
       collect(way.event_ids) AS lists
  RETURN 'foreign-accounts' AS rule, time, role.key AS subject,
         'account ' + account + ', ' + toString(times) + ' sessions' AS told, callers[0] AS caller,
         reduce(ids = [], list IN lists | ids + list) AS event_ids
}
WITH rule, time, subject, told, caller, event_ids
WHERE ($since IS NULL OR time >= $since) AND ($until IS NULL OR time <= $until)
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(caller)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH *, CASE WHEN top:Principal THEN top ELSE holder END AS origin
RETURN rule, time, subject, told, coalesce(origin.kind, 'Unresolved') AS origin_kind, origin.key AS origin,
       event_ids[..5] AS event_ids
ORDER BY time, rule, subject, told
LIMIT $limit
