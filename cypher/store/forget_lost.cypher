// Remove the events of a stretch that hold a place in a row where they do not count
// $p.since: second. $p.until: second behind the last one.
MATCH (l:_Lost)
WHERE l.time >= $p.since AND l.time < $p.until
DELETE l
