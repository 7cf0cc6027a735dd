"""Lighthouse: the parts that its agent and its tools share."""
