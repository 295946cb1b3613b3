"""Parts of the questions about roles and resources."""
