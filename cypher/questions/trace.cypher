// What came from these credentials?
// Forward from an access key, a session or all that belongs to a principal: every session and key that came from it,
// with its calls. Along resolved parents, through keys and users that were made for others, and one step to sessions
// that several callers fit.
// Leaves out which operations were called: ask touched and denied, or match USED. Each session and key has one row,
// where it is nearest.
// A key that AWS reused means all its owners; the command asks which is meant.
// $ask (text): an access key ID, also one that is no node, the key of a Session, or the key of a Principal (its ARN).
// $limit (integer, default 1000): how many rows at most.
// Columns: depth (hops from the start), label, key, relation (to the parent: asked, assumed, issued, made for another,
// or candidate), parent (key), how, time, role_arn, session_name, account, confidence, calls, failed (of the calls),
// first, last, tried (keys of roles it was refused). In order of depth, time and key.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  WHERE NOT n:Role AND NOT n:FederatedUser
  RETURN n
  UNION
  MATCH (owner:Principal {key: $ask})<-[:SESSION_OF]-(n:Session)
  WHERE owner:Role OR owner:FederatedUser
  RETURN n
  UNION
  WITH $ask AS id
  WHERE id =~ 'A[KS]IA[A-Z0-9]+' AND NOT EXISTS { (:Credential {access_key_id: id}) }
  MATCH (n)-[:USED {access_key_id: id}]->(:Action)
  RETURN n
}
MATCH path = (n)((a)-[way:ASSUMED|ISSUED|CREATED|SESSION_OF|BELONGS_TO]-(b) WHERE
  (a = startNode(way) AND (way.parent OR type(way) = 'ISSUED' OR way.what = 'user'))
  OR (a:Principal AND b = startNode(way) AND type(way) IN ['SESSION_OF', 'BELONGS_TO'] AND NOT EXISTS {
    (b)<-[:ASSUMED|ISSUED]-()-[:SESSION_OF|BELONGS_TO]->(a)
  })){0,4000}(m)
WITH m, path
ORDER BY length(path), coalesce(last(relationships(path)).time, ''),
         type(last(relationships(path))) IN ['SESSION_OF', 'BELONGS_TO'],
         size([step IN relationships(path) WHERE type(step) = 'ASSUMED'])
WITH m, head(collect(path)) AS path
WITH m, nodes(path)[-2] AS parent, last(relationships(path)) AS way,
     size([step IN relationships(path) WHERE type(step) = 'ASSUMED']) AS depth
WITH collect({m: m, parent: parent, way: way, depth: depth}) AS reached
CALL (reached) {
  UNWIND reached AS one
  RETURN one.m AS m, one.parent AS parent, one.way AS way, one.depth AS depth, false AS guess
  UNION ALL
  UNWIND reached AS one
  WITH one.m AS parent, one.depth AS depth
  MATCH (parent)-[way:ASSUMED {parent: false}]->(m:Session)
  RETURN m, parent, way, depth, true AS guess
}
WITH m, parent, way, depth
ORDER BY guess, depth, coalesce(parent.key, '')
WITH m, head(collect([depth, parent, way])) AS near
WITH m, near[0] AS depth, near[1] AS parent, near[2] AS way
CALL (m) {
  OPTIONAL MATCH (m)-[used:USED]->()
  RETURN coalesce(sum(used.count), 0) AS calls,
         coalesce(sum(CASE WHEN used.error IS NOT NULL THEN used.count END), 0) AS failed,
         min(used.first) AS first, max(used.last) AS last
}
RETURN depth,
       CASE WHEN m:Session THEN 'Session' WHEN m:Credential THEN 'Credential' ELSE 'Principal' END AS label,
       m.key AS key,
       CASE WHEN way IS NULL THEN 'asked'
            WHEN type(way) = 'ASSUMED' THEN CASE WHEN way.parent THEN 'assumed' ELSE 'candidate' END
            WHEN type(way) = 'CREATED' OR (type(way) = 'ISSUED' AND NOT way.parent AND way.event_id IS NOT NULL)
            THEN 'made'
            ELSE 'issued' END AS relation,
       parent.key AS parent, way.how AS how, coalesce(way.time, m.created) AS time,
       m.role_arn AS role_arn, m.name AS session_name, m.account AS account,
       coalesce(way.confidence, 'EXACT') AS confidence, calls, failed, first, last,
       COLLECT { MATCH (m)-[:TRIED]->(role:Principal) RETURN DISTINCT role.key AS key ORDER BY key } AS tried
ORDER BY depth, time, key
LIMIT $limit
