"""Pictures of answers: what is drawn, where it is, and the files that show it."""
