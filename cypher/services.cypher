// Which services did these credentials use?
// A row for each service. (`lineage services` takes the resolved origin in its role, over all its sessions.)
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $since, $until: ISO times that the calls lie between (of calls of one hour: some of them), or null.
// $limit: integer, how many rows at most.
// Columns: service, calls, failed, operations (how many different ones), sensitive (calls), first, last (ISO times),
// event_ids (at most 5). In order of calls, greatest first, then of service.
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
WITH DISTINCT action, used
WITH action.service AS service, count(DISTINCT action) AS operations, sum(used.count) AS calls,
     sum(CASE WHEN used.error IS NOT NULL THEN used.count ELSE 0 END) AS failed,
     sum(CASE WHEN used.sensitive THEN used.count ELSE 0 END) AS sensitive,
     min(used.first) AS first, max(used.last) AS last, collect(used.event_ids) AS lists
RETURN service, calls, failed, operations, sensitive, first, last,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY calls DESC, service
LIMIT $limit
