"""Bring a company's data in from CSV files, through the public APIs, as a mapping file describes them."""
