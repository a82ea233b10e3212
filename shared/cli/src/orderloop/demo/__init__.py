"""A company lives through its day, and tells about it."""
