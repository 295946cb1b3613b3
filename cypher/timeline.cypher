// What happened over the whole chain?
// From the first session after the origin (or the long-term key itself) down along resolved parents: every changing,
// failed, sensitive or granting call. A row is the calls of one hour that have all but their second in common; the
// examples name the events. (`lineage timeline` tells each event apart, to the second, and counts the reads between.)
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $since, $until: ISO times that the calls lie between (of calls of one hour: some of them), or null.
// $limit: integer, how many rows at most.
// Columns: first, last (ISO times), actor (key), role_arn, session_name, account, action (like sts:AssumeRole), error,
// sensitive, count, resource (key), granted (keys of sessions and keys that came of these events), changes (list of
// maps: what, target, before, after), event_ids (at most 3). In order of first, actor and action.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session)-[:ISSUED {parent: true}]->(:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF|BELONGS_TO]-(n)
  RETURN n
}
MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
WITH DISTINCT CASE WHEN top:Principal AND length(path) > 0 THEN nodes(path)[1] ELSE top END AS begin
MATCH (begin)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(actor)-[used:USED]->(action:Action)
WHERE ($since IS NULL OR used.last >= $since)
  AND ($until IS NULL OR used.first <= $until)
  AND (used.error IS NOT NULL OR used.sensitive
       OR (used.category <> 'management-read'
           AND (used.category IN ['management-write', 'signin']
                OR NOT action.operation =~ '(Get|List|Head|Describe|BatchGet|Query|Scan|Select|Lookup|Search)(?![a-z]).*')))
WITH DISTINCT actor, used, action
RETURN used.first AS first, used.last AS last, actor.key AS actor, actor.role_arn AS role_arn,
       actor.name AS session_name, used.account AS account, action.key AS action, used.error AS error,
       used.sensitive AS sensitive, used.count AS count, used.resource AS resource,
       COLLECT {
         MATCH (actor)-[way:ASSUMED|ISSUED]->(given)
         WHERE any(id IN way.event_ids WHERE id IN used.event_ids)
         RETURN given.key AS key ORDER BY key
       } AS granted,
       COLLECT {
         MATCH (actor)-[deed:CREATED|CHANGED]->(target)
         WHERE any(id IN deed.event_ids WHERE id IN used.event_ids)
         RETURN {what: deed.what, target: target.key, before: deed.before, after: deed.after} AS told
         ORDER BY deed.time, deed.key
       } AS changes,
       used.event_ids AS event_ids
ORDER BY first, actor, action, coalesce(error, '')
LIMIT $limit
