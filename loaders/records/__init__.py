"""Documents in, CloudTrail records out, in whatever form and wrapping they come."""
