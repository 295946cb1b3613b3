// Let the facts of some hours stand for good
// $hours: list of UTC hours since the epoch.
UNWIND $hours AS hour
MATCH (f:_Fact)
WHERE f.event STARTS WITH toString(hour) + ' '
SET f.kept = true
