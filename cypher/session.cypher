// What was done with a session, key or identity?
// A row for each API operation, with all the keys of its sessions.
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $since, $until: ISO times that the calls lie between (of calls of one hour: some of them), or null.
// $limit: integer, how many rows at most.
// Columns: action (like sts:AssumeRole), category, sensitive, total, succeeded, failed, errors, first, last (ISO times),
// resources (keys, at most 5), examples (requests as JSON without secrets, at most 3), source_ips, user_agents,
// regions (at most 5 each), event_ids (at most 5). In order of first and action.
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
MATCH (n)-[:ISSUED*0..1 {parent: true}]->(caller)-[used:USED]->(action:Action)
WHERE ($since IS NULL OR used.last >= $since)
  AND ($until IS NULL OR used.first <= $until)
WITH DISTINCT action.key AS action, used
WITH action, collect(used) AS calls, sum(used.count) AS total, min(used.first) AS first, max(used.last) AS last,
     sum(CASE WHEN used.error IS NULL THEN used.count ELSE 0 END) AS succeeded
RETURN action, calls[0].category AS category, calls[0].sensitive AS sensitive, total, succeeded,
       total - succeeded AS failed,
       COLLECT { UNWIND calls AS c WITH c WHERE c.error IS NOT NULL RETURN DISTINCT c.error AS e ORDER BY e } AS errors,
       first, last,
       COLLECT { UNWIND calls AS c WITH c WHERE c.resource IS NOT NULL
                 RETURN DISTINCT c.resource AS key ORDER BY key LIMIT 5 } AS resources,
       COLLECT { UNWIND calls AS c UNWIND c.samples AS s RETURN s ORDER BY s LIMIT 3 } AS examples,
       COLLECT { UNWIND calls AS c RETURN DISTINCT c.source_ip AS ip ORDER BY ip LIMIT 5 } AS source_ips,
       COLLECT { UNWIND calls AS c RETURN DISTINCT c.user_agent AS agent ORDER BY agent LIMIT 5 } AS user_agents,
       COLLECT { UNWIND calls AS c RETURN DISTINCT c.region AS region ORDER BY region LIMIT 5 } AS regions,
       COLLECT { UNWIND calls AS c UNWIND c.event_ids AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY first, action
LIMIT $limit
