"""The nouns and rules of finance, in plain Python: nothing here reads a clock, a database or a broker."""
