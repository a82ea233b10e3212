"""The nouns, states and rules of the warehouse, in plain Python."""
