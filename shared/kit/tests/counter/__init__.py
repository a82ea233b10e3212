"""A service of one aggregate, a counter of pieces: what the kit is tested with."""
