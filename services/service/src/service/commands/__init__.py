"""What can be done with cases: one use case a file."""
