// Does any event hold a place where it does not count?
// Columns: lost (boolean).
RETURN EXISTS { MATCH (l:_Lost) } AS lost
