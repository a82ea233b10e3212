"""What can be done about quality: one use case a file."""
