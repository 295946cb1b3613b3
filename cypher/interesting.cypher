// Which calls are worth a look?
// Calls that are no plain reads by their name, that hand out credentials, secrets or data, or that failed: a row for
// each operation and outcome. (`lineage interesting` adds the techniques of MITRE ATT&CK.)
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $since, $until: ISO times that the calls lie between (of calls of one hour: some of them), or null.
// $limit: integer, how many rows at most.
// Columns: class (change, failed or sensitive), action (like sts:AssumeRole), error, category, count, first, last (ISO
// times), resources (keys, at most 5), event_ids (at most 5). In order of class, first, action and error.
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
  AND (used.error IS NOT NULL OR used.sensitive OR NOT action.operation =~ '(Get|List|Head|Describe)(?![a-z]).*')
WITH DISTINCT action.key AS action, used,
     CASE WHEN used.error IS NOT NULL THEN 'failed' WHEN used.sensitive THEN 'sensitive' ELSE 'change' END AS class
WITH class, action, used.error AS error, collect(used) AS calls, sum(used.count) AS count, min(used.first) AS first,
     max(used.last) AS last
RETURN class, action, error, calls[0].category AS category, count, first, last,
       COLLECT { UNWIND calls AS c WITH c WHERE c.resource IS NOT NULL
                 RETURN DISTINCT c.resource AS key ORDER BY key LIMIT 5 } AS resources,
       COLLECT { UNWIND calls AS c UNWIND c.event_ids AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY class, first, action, coalesce(error, '')
LIMIT $limit
