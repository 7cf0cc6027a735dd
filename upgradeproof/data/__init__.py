"""The images of the wheel; a link to the folder at the top in a checkout."""
