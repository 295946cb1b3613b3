// Draw who crosses from account to account.
// The answer of questions/cross_account.cypher as paths.
// One grant for each caller's principal and role, the newest, between its
// two accounts.
// $since (time, default null): only sessions begun at this time or later.
// $until (time, default null): only sessions begun at this time or earlier.
// $limit (integer, default 50): how many pairs at most; 50 can still be read.
// Columns: path (caller, session, role), accounts (paths: whose session or key each one is, and in which account it
// is), sessions (how many stand behind the one that is drawn), last (ISO time of the newest). Most sessions first,
// then the newest.
MATCH path = (caller)-[way:ASSUMED {cross_account: true}]->(session:Session)-[:SESSION_OF]->(role:Principal)
WHERE ($since IS NULL OR way.time >= $since) AND ($until IS NULL OR way.time <= $until)
OPTIONAL MATCH (caller)-[:SESSION_OF|BELONGS_TO]->(owner:Principal)
WITH path, way, session, role, coalesce(owner, caller) AS own
ORDER BY way.time DESC, way.key
WITH own, role, head(collect(path)) AS path, count(DISTINCT session) AS sessions, max(way.time) AS last
ORDER BY sessions DESC, last DESC, own.key, role.key
LIMIT $limit
RETURN path,
       COLLECT {
         UNWIND nodes(path) AS one
         MATCH place = (one)-[:SESSION_OF|BELONGS_TO*0..1]->(:Principal)-[:IN_ACCOUNT]->(:Account)
         RETURN place
       } AS accounts,
       sessions, last
