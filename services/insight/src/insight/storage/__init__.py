"""What was said, what is due to be compared, and what was found."""
