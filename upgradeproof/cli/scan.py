"""Scan the upgraded machines of a run for what security updates would have fixed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from upgradeproof.decision.names import SCAN, SCAN_SARIF, visible
from upgradeproof.home import Home
from upgradeproof.render.writing import write_text
from upgradeproof.results import Verdict
from upgradeproof.results.reading import read_run, run_file
from upgradeproof.results.scan import Scan
from upgradeproof.scan.sarif import as_sarif
from upgradeproof.scan.scanning import ScanInputs, scan

HELP = "look for missing security updates and other risks in the facts of upgraded machines"
_WORDS = {
    Verdict.PASSED: "no error and no warning",
    Verdict.NOT_APPLICABLE: "no error and no warning, and not all was looked for",
    Verdict.FAILED: "there are findings",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "run_folder", nargs="?", type=Path, metavar="RUN", help="default: reports/out"
    )
    parser.add_argument(
        "--tracker", type=Path, metavar="FILE", help="the JSON of the Debian security tracker"
    )
    parser.add_argument(
        "--trivy",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a report of `trivy --format json` about a machine of the run; may be repeated",
    )
    parser.add_argument(
        "--vex",
        type=Path,
        metavar="FILE",
        help="an OpenVEX document that answers known vulnerabilities",
    )


def run(arguments: argparse.Namespace) -> int:
    """Scan, write scan.json and scan.sarif, print each finding; exit 1 where there is one."""
    file = run_file(arguments.run_folder or Home(Path.cwd()).reports)
    found = scan(
        read_run(file),
        file.parent,
        ScanInputs(tracker=arguments.tracker, trivy=tuple(arguments.trivy), vex=arguments.vex),
    )
    write_text(file.parent / SCAN, found.model_dump_json(indent=1) + "\n")
    write_text(file.parent / SCAN_SARIF, as_sarif(found))
    sys.stdout.writelines(f"{visible(line)}\n" for line in _lines(found))
    sys.stdout.write(f"{_WORDS[found.verdict]}: {file.parent / SCAN}\n")
    return 1 if found.verdict is Verdict.FAILED else 0


def _lines(found: Scan) -> Iterator[str]:
    for cell in found.cells:
        yield cell.cell
        for part in cell.parts:
            for each in part.findings:
                answer = f" [answered: {each.answer}]" if each.answer else ""
                yield f"  {each.level} {each.rule}: {each}{answer}"
            if part.reason:
                yield f"  not applicable {part.rule}: {part.reason}"
