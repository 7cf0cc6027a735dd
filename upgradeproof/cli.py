"""The command line: what is planned, what works here, what was found, what can go."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from upgradeproof import __version__, cache
from upgradeproof.defects import detect
from upgradeproof.errors import HarnessError, PlanError, UpgradeproofError
from upgradeproof.field_cases import try_cases
from upgradeproof.home import Home
from upgradeproof.interruptions import FAULTS, sweep
from upgradeproof.interruptions import table as interruption_table
from upgradeproof.journey.storage import Limits
from upgradeproof.journey.store import Store
from upgradeproof.machines import Health
from upgradeproof.machines.backends import backends
from upgradeproof.plan import json_schema, platforms
from upgradeproof.plan.loading import nearest
from upgradeproof.plan.printing import FORMATS, show
from upgradeproof.preflight.support import support_graph
from upgradeproof.render import every_format
from upgradeproof.render.support import mermaid
from upgradeproof.render.words import cached_states
from upgradeproof.report import report
from upgradeproof.results import Verdict
from upgradeproof.starter import write_starter


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; an error is printed, never raised."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.command(arguments)
    except UpgradeproofError as error:
        sys.stderr.write(f"upgradeproof: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        return 0
    except OSError as error:
        sys.stderr.write(f"upgradeproof: {error.filename or 'this folder'}: {error.strerror}\n")
        return HarnessError.exit_code
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="upgradeproof", description="Proof that an upgrade works, before it ships."
    )
    parser.add_argument("--version", action="version", version=f"upgradeproof {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    plan = commands.add_parser("plan", help="print every cell and its steps; touches no machine")
    plan.add_argument("cells", nargs="*", help="globs over cell ids; default: all")
    plan.add_argument("--plan", action="append", metavar="PATH", help="an upgrade.toml")
    plan.add_argument("--format", choices=FORMATS, default="text")
    plan.add_argument("--scripts", action="store_true", help="show each step's script")
    plan.set_defaults(command=_plan)

    graph = commands.add_parser("graph", help="print what each release works with, as Mermaid")
    graph.add_argument("products", nargs="*", help="products by name; default: all")
    graph.set_defaults(command=_graph)

    schema = commands.add_parser("schema", help="print the JSON Schema of upgrade.toml")
    schema.set_defaults(command=_schema)

    doctor = commands.add_parser(
        "doctor", help="say what works here, how to mend the rest, and what is cached"
    )
    doctor.set_defaults(command=_doctor)

    draw = commands.add_parser("report", help="fold journals into reports, also of a killed run")
    _add_report_arguments(draw)

    tried = commands.add_parser("defects", help="plant known defects; see which checks catch them")
    tried.add_argument("names", nargs="*", help="defects by their files' names; default: all")
    tried.add_argument(
        "--cell", metavar="GLOB", action="append", help="only cells that fit; may be repeated"
    )
    tried.add_argument(
        *("-j", "--workers"), type=_workers, metavar="N", default=1, help="trials at a time"
    )
    tried.set_defaults(command=_defects)

    cases = commands.add_parser("field-cases", help="try real failures; see which are noticed")
    _add_field_cases_arguments(cases)

    cut = commands.add_parser("interrupt", help="interrupt an upgrade at every step, and recover")
    cut.add_argument("cell", metavar="GLOB", help="the cells whose upgrades are interrupted")
    cut.add_argument(
        "--at", metavar="GLOB", default="*", help="only at steps such as 'Unpacking *'"
    )
    cut.add_argument("--fault", choices=FAULTS, action="append", help="only this; may be repeated")
    cut.set_defaults(command=_interrupt)

    packages = commands.add_parser("packages", help="build the products' own packages; list them")
    packages.add_argument("products", nargs="*", help="globs over products; default: all")
    packages.set_defaults(command=_packages)

    _add_prune_arguments(commands.add_parser("prune", help="remove what earlier runs left running"))

    init = commands.add_parser("init", help="write a first upgrade.toml and a first suite")
    init.set_defaults(command=_init)
    return parser


def _add_report_arguments(draw: argparse.ArgumentParser) -> None:
    draw.add_argument("folders", nargs="*", type=Path, help="default: reports/out")
    draw.add_argument("--to", type=Path, help="where the reports go; default: the first folder")
    draw.add_argument(
        "--format", choices=every_format(), action="append", help="only this; may be repeated"
    )
    draw.set_defaults(command=_report)


def _add_prune_arguments(prune: argparse.ArgumentParser) -> None:
    prune.add_argument(
        "--states",
        action="store_true",
        help="remove cached states, too; without it they go by their limits of size and age",
    )
    prune.set_defaults(command=_prune)


def _add_field_cases_arguments(cases: argparse.ArgumentParser) -> None:
    cases.add_argument("globs", nargs="*", metavar="GLOB", help="over cases; default: all")
    cases.add_argument(
        *("-j", "--workers"), type=_workers, metavar="N", default=1, help="trials at a time"
    )
    cases.add_argument("--no-twins", action="store_true", help="leave the good twins out")
    cases.add_argument("--json", type=Path, metavar="FILE", help="where the report goes, too")
    cases.set_defaults(command=_field_cases)


def _workers(word: str) -> int:
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not 1 or more")
    return int(word)


def _plan(arguments: argparse.Namespace) -> int:
    named = tuple(Path(path).resolve() for path in arguments.plan or ())
    wanted = Home(Path.cwd(), named).choose(arguments.cells)
    sys.stdout.write(show(wanted, arguments.format, scripts=arguments.scripts) + "\n")
    return 0


def _graph(arguments: argparse.Namespace) -> int:
    plans = {plan.name: plan for plan in Home(Path.cwd()).plans}
    for name in arguments.products:
        if name not in plans:
            raise PlanError(f"there is no product {name!r}; {nearest(name, plans)}")
    wanted = arguments.products or plans
    releases = [release for name in wanted for release in support_graph(plans[name])]
    if not releases:
        raise PlanError(
            "no release names its components",
            resolution="add [[release.component]] to the plan",
        )
    sys.stdout.write(mermaid(releases) + "\n")
    return 0


def _schema(_: argparse.Namespace) -> int:
    sys.stdout.write(json.dumps(json_schema(), indent=1) + "\n")
    return 0


def _doctor(_: argparse.Namespace) -> int:
    """Print a line for each backend, platform and product to build; exit 1 without a backend."""
    found = {f"backend {kind}": backend.health() for kind, backend in sorted(backends().items())}
    home = Home(Path.cwd())
    images = home.imaging()
    every = found | {f"image {p.id}": images.health(p) for p in platforms(home.images)}
    every |= {
        f"packages {p.name}": home.packager.health(p.packages) for p in home.plans if p.packages
    }
    limits = Limits.of(cache.folder())
    width = max(len(name) for name in every)
    for name, health in every.items():
        sys.stdout.write(f"{_word(health):<6} {name:<{width}}  {health.brief}\n")
    advice = dict.fromkeys(h.resolution for h in every.values() if h.resolution)
    for resolution in advice:
        names = [name for name, health in every.items() if health.resolution == resolution]
        sys.stdout.write(f"\nto do for {', '.join(names)}:\n  {resolution}\n")
    if not any(health.works for health in found.values()):
        return 1
    cached = cached_states(home.storage.measure())
    sys.stdout.write(f"\nstates: {cached}, {limits.age}\n")
    return 0


def _word(health: Health) -> str:
    return "works" if health.works else "can't"


def _report(arguments: argparse.Namespace) -> int:
    home = Home(Path.cwd())
    folders = arguments.folders or [home.reports]
    target = arguments.to or folders[0]
    run = report(folders, target, home.templates, arguments.format or ())
    for name in arguments.format or ["html"]:
        sys.stdout.write(f"{run.verdict}: {target / every_format()[name].FILE_NAME}\n")
    return 0 if run.green else 1


def _defects(arguments: argparse.Namespace) -> int:
    """Try each defect on each platform; exit 1 unless all are caught and no good cell complains."""
    found = detect(
        Home(Path.cwd()),
        arguments.names,
        arguments.cell or (),
        workers=arguments.workers,
        out=sys.stdout,
    )
    return 0 if found.good else 1


def _field_cases(arguments: argparse.Namespace) -> int:
    """Try the cases and their good twins; exit 1 unless the target is met."""
    found = try_cases(
        Home(Path.cwd()),
        arguments.globs,
        workers=arguments.workers,
        out=sys.stdout,
        record=arguments.json,
        twins=not arguments.no_twins,
    )
    return 0 if found.good else 1


def _interrupt(arguments: argparse.Namespace) -> int:
    """Sweep each cell that fits; exit 1 unless every interruption was recovered."""
    home = Home(Path.cwd())
    found = []
    for cell in home.choose([arguments.cell]):
        reports = home.reports / "interruptions" / cell.id
        for outcome in sweep(home, cell, reports, at=arguments.at, faults=arguments.fault):
            sys.stdout.write(f"{outcome.line}\n")
            sys.stdout.flush()
            found.append(outcome)
    sys.stdout.write(interruption_table(found))
    return 0 if all(each.verdict is Verdict.PASSED for each in found) else 1


def _packages(arguments: argparse.Namespace) -> int:
    """Print each package's sum and where it is, as ``sha256sum`` would."""
    home = Home(Path.cwd())
    wanted = arguments.products or ["*"]
    plans = [plan for plan in home.plans if plan.packages]
    chosen = [plan for plan in plans if any(fnmatchcase(plan.name, glob) for glob in wanted)]
    if not chosen:
        names = [plan.name for plan in plans]
        raise PlanError(f"no product with own packages fits; {nearest(wanted[0], names)}")
    for plan in chosen:
        for release in plan.release:
            for package in home.packager.packages(plan, release.name):
                sys.stdout.write(f"{package.sha256}  {package.path}\n")
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    """Say what went; exit 1 if no backend could be asked, for then nothing is known to be gone."""
    asked = 0
    if arguments.states:
        Store(cache.folder()).clear()
        Home(Path.cwd()).packager.clear()
    for kind, backend in sorted(backends().items()):
        health = backend.health()
        if not health.works:
            sys.stdout.write(f"{kind}: nothing removed, {health.brief}\n")
            continue
        gone = backend.prune(states=arguments.states)
        sys.stdout.write("".join(f"removed {name}\n" for name in gone))
        sys.stdout.write(f"{kind}: {len(gone)} removed\n")
        asked += 1
    return 0 if asked else 1


def _init(_: argparse.Namespace) -> int:
    for path in write_starter(Path.cwd()):
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write("next: edit upgrade.toml, then `upgradeproof plan`, then `pytest`\n")
    return 0
