"""The load driver: whole loops under open arrivals, every command in a journal that is on disk before it is sent."""
