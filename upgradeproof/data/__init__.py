"""What travels in the wheel: generic suites, their fixtures, images. Empty in a checkout.

A package, so that pytest imports the suites under names that no suite of a product can have.
"""
