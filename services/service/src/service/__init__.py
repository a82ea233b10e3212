"""Service: what customers have to say, from the first word until nobody objects to the answer."""
