"""The nouns, states and rules of sales, in plain Python."""
