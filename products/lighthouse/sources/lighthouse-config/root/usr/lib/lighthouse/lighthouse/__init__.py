"""Lighthouse: the modules that its agent and its tools share."""
