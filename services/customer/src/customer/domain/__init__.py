"""The nouns, states and rules of the customer service, in plain Python."""
