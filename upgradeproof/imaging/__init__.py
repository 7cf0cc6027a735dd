"""Operating system images: a definition in, the reference of a Docker image out.

``Images.ensure`` is all that the engine above needs. An image is made once, by the first source
that can: a new source is a new file in ``sources/``.
"""

from upgradeproof.imaging.images import Images
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.sources import Source, every_source
from upgradeproof.imaging.store import DockerStore, Store

__all__ = ["DockerStore", "Images", "Request", "Source", "Store", "every_source"]
