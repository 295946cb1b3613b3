// Note hours whose rows stand in the graph
// $p.hours: list of UTC hours since the epoch.
UNWIND $p.hours AS hour
MATCH (h:_Hour {hour: hour})
SET h.settled = true
