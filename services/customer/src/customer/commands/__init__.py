"""What can be done with customers: one use case a file."""
