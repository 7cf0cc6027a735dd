"""A kind of extension that only these tests know."""
