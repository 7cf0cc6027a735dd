"""The checks of the preflight: one file each, found by discovery; there is no list to edit."""
