// Remove the events of a stretch that hold a place in a row where they do not count
// $since: second. $until: second behind the last one.
MATCH (l:_Lost)
WHERE l.time >= $since AND l.time < $until
DELETE l
