"""Streams of bytes in, CloudTrail records out, whatever their form and wrapping."""
