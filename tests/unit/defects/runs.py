"""A project with defects, and a fake pytest that writes results which the test sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.plugin.project import AMD64, IMAGE, PLAN
from upgradeproof.command import Completed
from upgradeproof.home import Home
from upgradeproof.plan.defects import Defect
from upgradeproof.results import Cell, Check, Run, State, Verdict

FAILED, BROKEN, PASSED, NEVER = (
    Verdict.FAILED,
    Verdict.BROKEN,
    Verdict.PASSED,
    Verdict.NEVER_RAN,
)
ACTIVE = "test_services::test_service_is_active[thingd]"
DATA = "test_data::test_data_is_there[note]"
STEPS = '[[steps]]\nstep = "run"\nscript = "true"\n'


def defect(**keys: object) -> Defect:
    return Defect.model_validate(
        {
            "title": "t",
            "description": "w",
            "steps": [{"step": "run", "script": "true"}],
            "name": "bad",
            **keys,
        }
    )


def check(name: str, verdict: Verdict = FAILED, reason: str = "") -> Check:
    return Check(id=name, verdict=verdict, reason=reason or f"{name} failed\nmore", duration_s=0.1)


def state(name: str, verdict: Verdict = PASSED, reason: str = "") -> State:
    return State(name=name, verdict=verdict, reason=reason)


def cell(*parts: Check | State, name: str = AMD64) -> Cell:
    return Cell(
        id=name,
        platform=name.rpartition(".")[0],
        upgrade=name.rpartition(".")[2],
        product="thing",
        selected=True,
        checks=tuple(part for part in parts if isinstance(part, Check)),
        states=tuple(part for part in parts if isinstance(part, State)),
    )


def result(of: Cell, *, finished: bool = True) -> Run:
    end = "2026-01-01T00:00:09+00:00" if finished else None
    return Run(
        run_id="r",
        started_at="2026-01-01T00:00:00+00:00",
        finished_at=end,
        upgradeproof="0",
        fresh=False,
        host={},
        cells=(of,),
    )


def project(folder: Path, **defects: str) -> Home:
    """Make a folder with a plan on two platforms, and defects: ``bad="detected_by = [...]"``."""
    (folder / "images").mkdir()
    (folder / "images" / "example-1.toml").write_text(IMAGE, encoding="utf-8")
    (folder / "upgrade.toml").write_text(PLAN, encoding="utf-8")
    (folder / "defects").mkdir()
    for name, keys in defects.items():
        text = f'title = "About {name}"\ndescription = "w"\n{keys}\n{STEPS}'
        (folder / "defects" / f"{name}.toml").write_text(text, encoding="utf-8")
    return Home(folder)


def words(argv: Sequence[str], option: str) -> list[str]:
    """Return the values of an option of a command."""
    return [word.partition("=")[2] for word in argv if word.startswith(f"{option}=")]


@dataclass
class Pytest:
    """A fake pytest: it collects ``checks`` and writes the results that ``found`` contains."""

    found: Mapping[tuple[str, str], Cell | Callable[[], Completed]] = field(default_factory=dict)
    """The results by defect and cell; a good cell has no defect. A missing result is green."""
    checks: Sequence[str] = (ACTIVE, DATA)
    collection_status: int = 0
    commands: list[Sequence[str]] = field(default_factory=list)

    def __call__(self, argv: Sequence[str], *, timeout_s: float) -> Completed:
        self.commands.append(argv)
        if "--collect-only" in argv:
            return self._collection(words(argv, "--upgradeproof-cell"))
        (name,) = words(argv, "--upgradeproof-cell")
        injected = [Path(path).stem for path in words(argv, "upgradeproof_defect")]
        found = self.found.get((injected[0] if injected else "", name), _green(name))
        if not isinstance(found, Cell):
            return found()
        folder = Path(words(argv, "upgradeproof_reports")[0])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").write_text(result(found).model_dump_json(), encoding="utf-8")
        return done("")

    @property
    def trials(self) -> list[tuple[str, str]]:
        """Return the defect and the cell of each run, in order."""
        runs = [argv for argv in self.commands if "--collect-only" not in argv]
        return [
            (
                "".join(Path(p).stem for p in words(argv, "upgradeproof_defect")),
                words(argv, "--upgradeproof-cell")[0],
            )
            for argv in runs
        ]

    def _collection(self, cells: Sequence[str]) -> Completed:
        tests = []
        for each in self.checks:
            suite, _, test = each.partition("::")
            name, _, subject = test.removesuffix("]").partition("[")
            tests += [f"suites/{suite}.py::{name}[{c}-{subject}]" for c in cells]
        return done("\n".join([*tests, "", "4 tests collected"]), self.collection_status)


def done(text: str, status: int = 0) -> Completed:
    return Completed(
        command="pytest", exit_status=status, stdout=text.encode(), stderr=b"", duration_s=0.0
    )


def _green(name: str) -> Cell:
    return cell(check(ACTIVE, PASSED), check(DATA, PASSED), state("upgraded"), name=name)
