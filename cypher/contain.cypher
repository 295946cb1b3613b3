// What is there to stop?
// All that a plan begins with: long-term keys, the roles and users whose sessions came from an access key, a session
// or a principal, and what these changed. (The steps, what still works and what is gone already, `lineage contain` tells.)
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $at: text, ISO time; sessions that expired before it as logged are left out.
// $limit: integer, how many rows at most.
// Columns: phase (1 sources, 2 sessions, 3 left behind), kind (key, role, user, … or what was changed), target (key),
// account, sessions (how many), first, last (ISO times), event_ids (at most 20). In order of phase, first and target.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF|BELONGS_TO]-(n)
  RETURN n
}
CALL (n) {
  MATCH (n)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(m)
  RETURN m
  UNION
  MATCH (m)-[:ASSUMED|ISSUED*1..4000 {parent: true}]->(n)
  RETURN m
}
WITH collect(DISTINCT m) AS nodes
CALL (nodes) {
  UNWIND nodes AS m
  OPTIONAL MATCH (m)-[making:ISSUED {parent: false}]->(made:Credential)
  WITH m, making, made
  WITH CASE WHEN made IS NOT NULL THEN made WHEN m:Credential AND m.long_term THEN m END AS owned, making
  WHERE owned IS NOT NULL
  OPTIONAL MATCH (owned)-[:BELONGS_TO]->(owner:Principal)
  RETURN 1 AS phase, 'key' AS kind, owned.key AS target, owner.account AS account, 0 AS sessions,
         min(making.time) AS first, max(making.time) AS last, collect(DISTINCT making.event_id)[..20] AS event_ids
  UNION ALL
  UNWIND nodes AS m
  MATCH (m)-[of:SESSION_OF WHERE of.stated IS NULL]->(owner:Principal)
  OPTIONAL MATCH ()-[way:ASSUMED]->(m)
  WITH m, owner, max(way.expires) AS expires, collect(way.event_ids) AS ids
  WHERE expires IS NULL OR expires >= $at
  RETURN 2 AS phase, owner.kind AS kind, owner.key AS target, owner.account AS account, count(*) AS sessions,
         min(m.created) AS first, max(m.created) AS last,
         reduce(all_ids = [], some IN reduce(every = [], one IN collect(ids) | every + one) | all_ids + some)[..20]
           AS event_ids
  UNION ALL
  UNWIND nodes AS m
  MATCH (m)-[deed:CREATED|CHANGED|STARTED]->(target)
  RETURN 3 AS phase, coalesce(deed.what, 'workload') AS kind, target.key AS target, target.account AS account,
         0 AS sessions, min(deed.time) AS first, max(deed.time) AS last,
         reduce(every = [], some IN collect(deed.event_ids) | every + some)[..20] AS event_ids
}
RETURN phase, kind, target, account, sessions, first, last, event_ids
ORDER BY phase, first, target
LIMIT $limit
