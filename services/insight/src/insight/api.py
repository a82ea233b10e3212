"""Insight takes no commands: it hears, compares and tells."""

from kit.routing import Commands

commands = Commands("insight")
