"""The mappings that come with the program."""
