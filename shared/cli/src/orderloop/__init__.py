"""The `orderloop` command: the platform on one machine, its demo, imports, audit and measurements."""
