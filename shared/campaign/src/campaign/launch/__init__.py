"""A service as the campaign runs it: the real one, with a probe, failpoints and, if asked, one planted bug."""
