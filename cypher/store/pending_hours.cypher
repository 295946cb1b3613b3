// Hours whose rows wait to be written
// Columns: hour, size (bytes). In order of hour.
MATCH (p:_Pending)
RETURN p.hour AS hour, sum(p.size) AS size
ORDER BY hour
