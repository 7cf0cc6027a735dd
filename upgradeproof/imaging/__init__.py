"""Operating system images: a definition in, the reference of an image for a backend out.

``Images.ensure`` is all that the engine above needs. An image is made once, by the first source
that can: a new source is a new file in ``sources/``, a new kind of machine one in ``stores/``.
"""

from upgradeproof.imaging.images import Images
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.sources import Source, every_source
from upgradeproof.imaging.stores import Store, every_store

__all__ = ["Images", "Request", "Source", "Store", "every_source", "every_store"]
