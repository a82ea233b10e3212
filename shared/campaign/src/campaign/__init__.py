"""The fault campaign: the real platform is broken on purpose, and everything it promises is checked after."""
