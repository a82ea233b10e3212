"""What insight does with what it has heard."""
