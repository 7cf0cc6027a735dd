"""From a run's journals to its reports: run.json first, then every format drawn from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from upgradeproof.decision.waivers import load_waivers
from upgradeproof.decision.waiving import waive
from upgradeproof.errors import ExtraError, HarnessError
from upgradeproof.extensions import contained
from upgradeproof.files import replacing, write_atomically
from upgradeproof.render import Format, Options, Suppression, every_format, missing_extra
from upgradeproof.results import Journal, Run, fold, read_journals
from upgradeproof.results.journal import Event
from upgradeproof.results.reading import read_run
from upgradeproof.sharding import Expected

COPIED = "shard-"
"""What the names of copied journals begin with."""
EXPECTED = f"{COPIED}expected.jsonl"
"""The journal of what the parts' own journals do not report."""


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """Which reports are wanted, and what some of them refer to."""

    formats: Sequence[str] = ()
    """The names of the formats; none: those that every run has."""
    templates: Path | None = None
    """A folder whose files replace ours of the same name."""
    root: Path | None = None
    """The folder in which pytest ran: paths of plans are relative to it."""
    waivers: Path | None = None
    baseline: Path | None = None
    """The run.json of an earlier run."""
    shard: str = ""

    @property
    def wanted(self) -> Iterator[tuple[str, Format]]:
        """Yield the formats to write, by name."""
        for name, drawn in every_format().items():
            if name in self.formats if self.formats else drawn.BY_DEFAULT:
                yield name, drawn

    @property
    def unwritten(self) -> dict[str, ExtraError]:
        """Return why a file is not written whose package is not installed here, by its name.

        That is no error where the format was not asked for by name.
        """
        if self.formats:
            return {}
        found = ((drawn.FILE_NAME, missing_extra(drawn)) for _, drawn in self.wanted)
        return {name: error for name, error in found if error}


EVERY_RUNS = ReportRequest()


def report(
    folders: Sequence[Path],
    target: Path,
    request: ReportRequest = EVERY_RUNS,
) -> Run:
    """Fold the journals of one or many runs' folders into reports in ``target``.

    Shards of one run on several hosts fold into one matrix. Raises HarnessError when there is no
    journal, or the reports can't be written, and PlanError when the file of waivers is wrong.
    """
    journals = [path for folder in folders for path in _journals(folder, folders, target)]
    return _write(read_journals(journals), folders, target, request)


def report_parts(
    expected: Expected,
    target: Path,
    request: ReportRequest = EVERY_RUNS,
) -> Run:
    """Fold the parts that count, and what is expected of all, into reports in ``target``.

    ``target`` gets the parts' journals and evidence. Raises HarnessError where it holds a run of
    its own, since that would be folded in if a user folds the reports again.
    """
    own = [path for path in target.glob("journal/*.jsonl") if not path.name.startswith(COPIED)]
    if own:
        raise HarnessError(
            f"{target} holds a run of its own, and the parts can't be folded into it",
            resolution="name another folder by --to",
        )
    events = list(expected.events())
    journals = [path for each in expected.folders for path in _journals(each, (), target)]
    run = _write((*read_journals(journals), *events), expected.folders, target, request)
    with Journal(target / "journal" / EXPECTED) as journal:
        for event in events:
            journal.write(event)
    return run


def _write(
    events: Iterable[Event],
    folders: Sequence[Path],
    target: Path,
    request: ReportRequest,
) -> Run:
    run = fold(events)
    path = target / "run.json"
    try:
        target.mkdir(parents=True, exist_ok=True)
        _gather_evidence(folders, target)
        _gather_journals(folders, target)
        write_atomically(path, run.model_dump_json(indent=1))
        options, unwritten = _options(run, request), request.unwritten
        for name, drawn in request.wanted:
            if drawn.FILE_NAME in unwritten:
                (target / drawn.FILE_NAME).unlink(missing_ok=True)  # it would be an earlier run's
                continue
            with contained(f"the report format {name!r}", drawn.write.__module__):
                drawn.write(run, target, options=options)
    except OSError as error:
        raise HarnessError(f"{error.filename or path} can't be written: {error.strerror}") from None
    return run


def _options(run: Run, request: ReportRequest) -> Options:
    found: dict[tuple[str, str], Suppression] = {}
    if request.waivers is not None:
        waived = waive(run, load_waivers(request.waivers), datetime.now(UTC))
        found = {
            place: Suppression(
                id=waiver.id,
                reason=waiver.reason,
                owner=waiver.owner,
                ticket=waiver.ticket,
                expires=str(waiver.expires),
            )
            for place, waiver in waived.checks.items()
        }
    return Options(
        templates=request.templates,
        root=request.root,
        suppressions=found,
        baseline=read_run(request.baseline) if request.baseline else None,
        shard=request.shard,
    )


def _journals(folder: Path, folders: Sequence[Path], target: Path) -> list[Path]:
    """Return one folder's journals. Raises HarnessError when there is none: a shard is lost.

    Copies of other shards' journals in the target are left out where the shards are read again.
    """
    found = sorted(folder.glob("journal/*.jsonl"))
    if len(folders) > 1 and folder.resolve() == target.resolve():
        found = [path for path in found if not path.name.startswith(COPIED)]
    if not found:
        raise HarnessError(
            f"{folder} holds no journal of a run",
            resolution="name a reports' folder that pytest wrote, with its journal/*.jsonl",
        )
    return found


def _gather_evidence(folders: Sequence[Path], target: Path) -> None:
    """Copy the shards' evidence next to the report, whose links are relative to it."""
    for folder in folders:
        if folder.resolve() != target.resolve() and (folder / "evidence").is_dir():
            shutil.copytree(folder / "evidence", target / "evidence", dirs_exist_ok=True)


def _gather_journals(folders: Sequence[Path], target: Path) -> None:
    """Copy the shards' journals into the target: a decision about it must be recomputable there."""
    others = [folder for folder in folders if folder.resolve() != target.resolve()]
    if not others and folders:
        return
    for path in target.glob(f"journal/{COPIED}*.jsonl"):
        path.unlink()
    (target / "journal").mkdir(exist_ok=True)
    for number, folder in enumerate(others, start=1):
        for path in folder.glob("journal/*.jsonl"):
            with replacing(target / "journal" / f"{COPIED}{number}-{path.name}") as part:
                shutil.copyfile(path, part)
