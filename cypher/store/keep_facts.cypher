// Let the facts of some hours stand for good
// $p.hours: list of UTC hours since the epoch.
UNWIND $p.hours AS hour
MATCH (f:_Fact)
WHERE f.event STARTS WITH toString(hour) + ' '
SET f.kept = true
