"""Customer: who our customers are, whom to talk to there, and everything that happened with them."""
