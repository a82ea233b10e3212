"""What can be done in sales: one use case a file."""
