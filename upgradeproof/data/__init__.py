"""The images of the wheel. Empty in a checkout, which has them at its top."""
