"""The one that the engine has."""

TOY = "ball"
