// Identities by look-up term
// $s, $k, $n, $g, $i: lists of terms. $ids: list of actor numbers.
// Columns: rows, one list of lists of term, id, body, hours (bytes). No order.
CALL () {
  UNWIND $s AS term
  MATCH (a:_Actor {s: term})
  RETURN term, a.id AS id, a.body AS body, a.hours AS hours
  UNION ALL
  UNWIND $k AS term
  MATCH (a:_Actor {k: term})
  RETURN term, a.id AS id, a.body AS body, a.hours AS hours
  UNION ALL
  UNWIND $n AS term
  MATCH (a:_Actor {n: term})
  RETURN term, a.id AS id, a.body AS body, a.hours AS hours
  UNION ALL
  UNWIND $g AS term
  MATCH (a:_Actor {g: term})
  RETURN term, a.id AS id, a.body AS body, a.hours AS hours
  UNION ALL
  UNWIND $i AS term
  MATCH (a:_Actor {i: term})
  RETURN term, a.id AS id, a.body AS body, a.hours AS hours
  UNION ALL
  UNWIND $ids AS id
  MATCH (a:_Actor {id: id})
  RETURN 'a ' + toString(id) AS term, a.id AS id, a.body AS body, a.hours AS hours
}
RETURN collect([term, id, body, hours]) AS rows
