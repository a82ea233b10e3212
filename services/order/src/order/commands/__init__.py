"""What can be done with orders: one use case a file."""
