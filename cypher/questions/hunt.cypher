// What deserves a look?
// A row for each finding of five rules: trails-stopped, keys-for-others, password-then-sign-in, recycled-keys and
// foreign-accounts. A finding is no verdict.
// Leaves out the other rules of lineage hunt and what each rule cannot see, refused calls to stop a trail, and changes
// of the buckets that trails write to. Origins that no relationship states are Unresolved here.
// $known_accounts (list of texts, default null): account IDs that are one's own; null: all that have logs.
// $since (time, default null): only findings at this time or later.
// $until (time, default null): only findings at this time or earlier.
// $limit (integer, default 1000): how many rows at most.
// Columns: rule, subject (key of what it is about: caller, key, user or role), detail (API, what, account or sessions),
// origin_kind (Unresolved where the chain is open), origin (key), first, last (ISO times), event_ids (at most 5). In
// order of last, rule, subject and detail.
CALL () {
  MATCH ()-[used:USED]->(:Action)
  RETURN collect(DISTINCT used.account) AS loaded
}
WITH coalesce($known_accounts, loaded) AS known
CALL (known) {
  MATCH (caller)-[deed:CHANGED {what: 'trail'}]->(trail)
  WHERE NOT coalesce(deed.after, '') = 'started'
    AND NOT deed.api =~ '.*:(CreateTrail|CreateEventDataStore|Start).*'
  RETURN 'trails-stopped' AS rule, caller.key AS subject, deed.api + ' ' + trail.key AS detail, caller, null AS owner,
         deed.time AS first, deed.time AS last, deed.event_ids AS event_ids
  UNION ALL
  MATCH (caller)-[issued:ISSUED {parent: false}]->(key:Credential)-[:BELONGS_TO]->(owner:Principal)
  WHERE issued.event_id IS NOT NULL
  MATCH ()-[used:USED {access_key_id: key.access_key_id}]->(:Action)
  WITH caller, issued, key, owner, max(used.last) AS last
  RETURN 'keys-for-others' AS rule, key.key AS subject, issued.api + ' for ' + owner.key AS detail, caller, owner,
         issued.time AS first, last, issued.event_ids AS event_ids
  UNION ALL
  MATCH (caller)-[deed:CREATED|CHANGED]->(user:Principal)<-[:SESSION_OF]-(session:Session)
  MATCH ()-[way:ASSUMED {parent: true, how: 'console'}]->(session)
  WHERE (deed.what = 'login profile' OR (deed.what = 'password' AND deed.after = 'updated'))
    AND way.time >= deed.time
    AND datetime(way.time) <= datetime(deed.time) + duration({hours: 24})
  WITH caller, deed, user, way
  ORDER BY way.time, way.key
  WITH caller, deed, user, head(collect(way)) AS way
  RETURN 'password-then-sign-in' AS rule, user.key AS subject, deed.api AS detail, caller, user AS owner,
         deed.time AS first, way.time AS last, deed.event_ids + way.event_ids AS event_ids
  UNION ALL
  MATCH (session:Session)-[issued:ISSUED {parent: true}]->(key:Credential)
  WITH key, issued
  ORDER BY issued.time DESC, key.key DESC
  WITH key.access_key_id AS id, collect(key) AS keys, min(issued.time) AS first, max(issued.time) AS last,
       collect(issued.event_id) AS ids
  WHERE size(keys) > 1
  RETURN 'recycled-keys' AS rule, keys[0].key AS subject, toString(size(keys)) + ' sessions' AS detail,
         keys[0] AS caller, null AS owner, first, last, reverse(ids) AS event_ids
  UNION ALL
  MATCH (caller)-[way:ASSUMED {parent: true, cross_account: true}]->(session:Session)
  MATCH (session)-[of:SESSION_OF WHERE of.stated IS NULL]->(role:Principal)
  WHERE NOT way.caller_account IN known AND session.account IN known
    AND ($since IS NULL OR way.time >= $since) AND ($until IS NULL OR way.time <= $until)
  WITH role, way, session
  ORDER BY way.time, session.key
  WITH role, way.caller_account AS account, min(way.time) AS first, max(way.time) AS last, count(*) AS times,
       head(collect(session)) AS caller, collect(way.event_ids) AS lists
  RETURN 'foreign-accounts' AS rule, role.key AS subject,
         'account ' + account + ', ' + toString(times) + ' sessions' AS detail, caller, null AS owner, first, last,
         reduce(ids = [], list IN lists | ids + list) AS event_ids
}
WITH rule, subject, detail, caller, owner, first, last, event_ids
WHERE ($since IS NULL OR last >= $since) AND ($until IS NULL OR last <= $until)
CALL (caller) {
  MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(caller)
  WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
  WITH top, CASE WHEN top:Principal THEN nodes(path)[1] ELSE top END AS begin
  OPTIONAL MATCH (begin)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
  WHERE begin:Credential
     OR (of.stated IS NULL) = (begin.type IN ['user', 'root'] AND NOT begin.key CONTAINS ':assumed-root/')
  WITH top, collect(holder) AS holders
  WITH CASE WHEN size(holders) = 1 THEN holders[0] WHEN top:Principal AND size(holders) = 0 THEN top END AS found
  WHERE NOT found.kind IN ['Role', 'FederatedUser', 'SignInAttempt', 'Unknown']
  RETURN head(collect(found)) AS origin
}
WITH *
WHERE owner IS NULL OR origin IS NULL OR origin <> owner
RETURN rule, subject, detail, coalesce(origin.kind, 'Unresolved') AS origin_kind, origin.key AS origin, first, last,
       event_ids[..5] AS event_ids
ORDER BY last, rule, subject, detail
LIMIT $limit
