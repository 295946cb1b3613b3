// Note hours whose rows stand in the graph
// $hours: list of UTC hours since the epoch.
UNWIND $hours AS hour
MATCH (h:_Hour {hour: hour})
SET h.settled = true
