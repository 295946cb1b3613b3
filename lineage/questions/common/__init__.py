"""What all questions rest on: the store as read, what was asked, the walk to the origin, what the logs cover."""
