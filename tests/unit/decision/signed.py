"""A folder of a run with journals and a decision, OpenSSH keys, and a file of allowed signers."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path

from tests.unit.decision.runs import WAIVERS
from tests.unit.results.events import CELL, CONTROLLER, WORKER, check, finished
from upgradeproof.decision.deciding import decide
from upgradeproof.decision.folder import Sources, ask, record
from upgradeproof.decision.page import write_page
from upgradeproof.report import ReportRequest, report
from upgradeproof.results import Journal, Verdict

AT = datetime.fromisoformat("2026-01-02T00:00:00+00:00")
POLICY = """\
owners = ["ada"]
fresh = false
max_waivers = 1
[[cells]]
select = ["debian-12-amd64.*"]
"""
FACTS = '{"packages": {"thing": {"version": "2.0-1"}}}'


def decided_folder(root: Path, *, waived: bool = True) -> Path:
    """Return a folder as pytest, `report` and `decide` write it."""
    folder = root / "out"
    finish = finished("ports::open", Verdict.FAILED if waived else Verdict.PASSED, 23)
    extra = finish.model_copy(update={"reason": "tcp:9100 is closed" if waived else ""})
    for name, events in (
        ("main", [*CONTROLLER[:-1], check("ports::open"), CONTROLLER[-1]]),
        ("worker", [*WORKER, extra]),
    ):
        with Journal(folder / "journal" / f"{name}.jsonl") as journal:
            for event in events:
                journal.write(event)
    for path, text in {
        "evidence/install.log": "installed",
        "evidence/upgraded/facts.json": FACTS,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    report([folder], folder, ReportRequest(formats=["markdown", "html"]))
    (root / "policy.toml").write_text(POLICY)
    (root / "waivers.toml").write_text(WAIVERS if waived else "")
    make_decision(root)
    return folder


def make_decision(root: Path) -> None:
    """Make a decision about the folder, and record it there."""
    sources = Sources(
        run=root / "out" / "run.json",
        policy=root / "policy.toml",
        waivers=root / "waivers.toml",
    )
    question = ask(sources, AT)
    answer = decide(question)
    record(root / "out", sources, answer)
    write_page(root / "out", question, answer)


def make_key(path: Path, *, passphrase: str = "", kind: str = "ed25519") -> Path:
    """Make a key by ssh-keygen."""
    argv = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path), "-C", path.name]
    subprocess.run(argv, check=True)
    return path


def allow(path: Path, *keys: Path, options: str = "") -> Path:
    """Write a file of allowed signers; each is named as its key."""
    lines = [
        f"{key.name}@example.org {options} {key.with_name(f'{key.name}.pub').read_text()}"
        for key in keys
    ]
    path.write_text("# ours\n\n" + "".join(lines))
    return path


__all__ = ["CELL"]
