"""What came from credentials, whether it still works, and what became of the changes made with it."""
