// Has any content lost?
// Columns: lost (boolean).
RETURN EXISTS { MATCH (l:_Lost) } AS lost
