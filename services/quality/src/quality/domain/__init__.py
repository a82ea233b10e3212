"""The nouns, states and rules of the quality service, in plain Python."""
