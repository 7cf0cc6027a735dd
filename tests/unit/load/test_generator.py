"""Before a load is sent, its locustfile is found; this process never imports Locust."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from upgradeproof.command import run
from upgradeproof.errors import PlanError
from upgradeproof.load import Aim, find_locustfile
from upgradeproof.plan import Endpoint, Load

LOAD = Load(
    id="pages", locustfile="pages.py", endpoint="site", model="closed", users=1, duration_s=1
)


def test_the_file_of_the_first_folder_is_used(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    for folder in (own, shared):
        folder.mkdir()
        (folder / "pages.py").touch()
    assert find_locustfile(LOAD, (own, shared)) == own / "pages.py"
    (own / "pages.py").unlink()
    assert find_locustfile(LOAD, (own, shared)) == shared / "pages.py"


def test_a_missing_locustfile_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "page.py").touch()
    with pytest.raises(PlanError) as caught:
        find_locustfile(LOAD, (tmp_path,))
    assert str(caught.value) == (
        "the load 'pages' names the locustfile 'pages.py', and there is none; "
        f"did you mean 'page.py'?\nlooked in {tmp_path}"
    )


def test_a_load_uses_the_name_in_the_certificate() -> None:
    endpoint = Endpoint(id="site", port=443, kind="https", host="shop.example")
    assert Aim(endpoint=endpoint, port=40443).url == "https://shop.example:40443"


def test_the_engine_does_not_import_locust() -> None:
    """Locust patches the standard library of the process that imports it."""
    script = "import sys, upgradeproof.cli, upgradeproof.plugin, upgradeproof.load; "
    script += "print({'gevent', 'locust'} & set(sys.modules))"
    assert run([sys.executable, "-c", script], timeout_s=60).text == "set()"


def test_the_pytest_plugin_of_locust_does_not_patch_this_process() -> None:
    """pytest loads the plugin in every environment in which Locust is installed."""
    assert not {"gevent", "locust"} & set(sys.modules)
