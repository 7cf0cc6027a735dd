"""Pictures of a cell's speed: SVG for the middle of a page, drawn by matplotlib.

matplotlib takes a second to import: code imports this package only when it draws something.
"""

from upgradeproof.render.pictures.curves import curves
from upgradeproof.render.pictures.heat import heat

__all__ = ["curves", "heat"]
