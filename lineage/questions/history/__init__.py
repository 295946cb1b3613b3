"""Parts of the questions that compare with the past."""
