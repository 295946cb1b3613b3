// How many principals and resources are in each account
// Columns: id (of the account), count. No order.
MATCH (a:Account)<-[held:IN_ACCOUNT]-()
RETURN a.id AS id, count(held) AS count
