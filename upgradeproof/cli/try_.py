"""Try an upgrade of packages: observe them, run the plan, and print where the page is."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from upgradeproof.cli.interrupting import interruptible
from upgradeproof.cli.observed import add_arguments, announce, observed_plan, ordered
from upgradeproof.home import DATA, Home
from upgradeproof.observe.folder import write_folder
from upgradeproof.observe.order import Order
from upgradeproof.settings import pytest_words

PATIENCE_S = 60.0
"""How long an interrupted pytest may take to remove its machines."""

HELP = "upgrade packages as they are observed, and print where the page is; writes nothing here"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_arguments(parser, required=True)


def run(arguments: argparse.Namespace) -> int:
    """Observe, run, and return pytest's exit status. Nothing is written in the current folder."""
    return interruptible(lambda: _tried(arguments), "nothing was written in this folder")


def _tried(arguments: argparse.Namespace) -> int:
    home = Home(Path.cwd())
    order = ordered(arguments, home)
    project = Path(tempfile.mkdtemp(prefix="upgradeproof-try-"))
    try:
        text, lines = observed_plan(order, home)
        plan = _write(project, order, text)
    except BaseException:
        shutil.rmtree(project, ignore_errors=True)
        raise
    announce(lines)
    sys.stdout.write(f"wrote {plan}\n")
    sys.stdout.flush()
    status = _pytest(project, plan)
    page = project / "reports" / "out" / "index.html"
    if page.exists():
        sys.stdout.write(f"page: {page}\n")
    sys.stdout.write(f"plan: {plan}; `upgradeproof init` with the same arguments writes it here\n")
    return status


def _write(project: Path, order: Order, text: str) -> Path:
    """Write a separate project: the plan, and the image that it starts from."""
    folder = project / "products" / order.name
    write_folder(folder, {"upgrade.toml": text.encode()})
    source = next(
        path
        for images in (Path.cwd() / "images", DATA / "images")
        if (path := images / f"{order.old.name}.toml").is_file()
    )
    (project / "images").mkdir()
    shutil.copy(source, project / "images")
    return folder / "upgrade.toml"


def _pytest(project: Path, plan: Path) -> int:
    """Run the plan with the package's suites."""
    words = [
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=short"),
        f"--rootdir={project}",
        *pytest_words(plans=[plan], reports=project / "reports" / "out"),
    ]
    process = subprocess.Popen(words, cwd=project, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)  # once: a second one would prevent its cleanup
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        raise
