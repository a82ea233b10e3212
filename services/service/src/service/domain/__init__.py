"""The nouns, states and rules of the service service, in plain Python."""
