"""Parts of the questions about what a session did."""
