// Facts by look-up term
// $s, $k, $c, $f, $g, $n, $p, $q, $i: lists of terms by their first letter; a fact's second session term is its t.
// Columns: rows, one list of lists of term, body (bytes). No order.
CALL () {
  UNWIND $s AS term
  MATCH (x:_Fact {s: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $s AS term
  MATCH (x:_Fact {t: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $k AS term
  MATCH (x:_Fact {k: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $c AS term
  MATCH (x:_Fact {c: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $f AS term
  MATCH (x:_Fact {f: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $g AS term
  MATCH (x:_Fact {g: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $n AS term
  MATCH (x:_Fact {n: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $p AS term
  MATCH (x:_Fact {p: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $q AS term
  MATCH (x:_Fact {q: term})
  RETURN term, x.body AS body
  UNION ALL
  UNWIND $i AS term
  MATCH (x:_Fact {i: term})
  RETURN term, x.body AS body
}
RETURN collect([term, body]) AS rows
