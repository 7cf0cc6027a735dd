"""Reports of a run, written from its run.json alone: no machine and no test is asked again.

A report format is one file in ``formats/``: it offers ``FORMAT``, its name, ``FILE_NAME``,
``BY_DEFAULT`` and ``write``.
Discovery finds it; there is no list to edit.
"""

from upgradeproof.render.formats import Format, every_format, missing_extra
from upgradeproof.render.formats.html import write as write_page
from upgradeproof.render.formats.markdown import write as write_summary
from upgradeproof.render.options import Options, Suppression

__all__ = [
    "Format",
    "Options",
    "Suppression",
    "every_format",
    "missing_extra",
    "write_page",
    "write_summary",
]
