"""The steps of an import, each in the words of the services that it talks to."""
