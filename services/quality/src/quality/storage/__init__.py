"""Rows to objects and back."""
