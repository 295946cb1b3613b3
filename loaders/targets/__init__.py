"""Records in, targets out: the resources that a call is about."""
