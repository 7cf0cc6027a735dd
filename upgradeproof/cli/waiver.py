"""List, check and write waivers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from upgradeproof.cli.arguments import moment, positive_number
from upgradeproof.decision.new_waiver import append, draft, failing, free_id
from upgradeproof.decision.policy import Policy, load_policy
from upgradeproof.decision.waivers import MAX_DAYS, WARNING_DAYS, Waiver, Waivers, load_waivers
from upgradeproof.decision.waiving import waive
from upgradeproof.results.reading import read_run

HELP = "list, check and write waivers: failures that an owner accepts until a date"
REPORTS = Path("reports")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    helps = {
        "list": "print each waiver, with its owner and the days that are left",
        "lint": "print what is wrong with the file and, with a run, with each waiver",
        "due": f"print waivers that expired, or expire in {WARNING_DAYS} days",
        "new": "write a waiver for a failed check of a run into the file",
    }
    for name, words in helps.items():
        action = actions.add_parser(name, help=words)
        count = None if name == "new" else "?"
        action.add_argument("run_folder", nargs=count, type=Path, metavar="RUN")
        action.add_argument(
            "--policy",
            type=Path,
            default=REPORTS / "policy.toml",
            metavar="FILE",
            help="default: reports/policy.toml",
        )
        action.add_argument(
            "--waivers", type=Path, metavar="FILE", help="default: waivers.toml next to the policy"
        )
        action.add_argument(
            "--at", type=moment, default=datetime.now(UTC), metavar="TIME", help="default: now"
        )
        if name == "new":
            _configure_new(action)


def _configure_new(parser: argparse.ArgumentParser) -> None:
    for name in ("cell", "check"):
        parser.add_argument(
            f"--{name}", required=True, metavar="GLOB", help=f"over the ids of {name}s"
        )
    parser.add_argument("--owner", required=True, metavar="NAME", help="an owner of the policy")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why it is accepted")
    parser.add_argument(
        "--ticket", required=True, metavar="TEXT", help="where the repair is planned"
    )
    parser.add_argument(
        "--finding",
        metavar="TEXT",
        help="what the check's reason must contain; default: its first line",
    )
    parser.add_argument(
        "--days",
        type=positive_number,
        default=30,
        help=f"for how long; default: 30, at most {MAX_DAYS}",
    )
    parser.add_argument("--id", metavar="ID", help="default: a free one")


def run(arguments: argparse.Namespace) -> int:
    """Run one action; `lint` and `due` end with 1 where they find anything."""
    policy = load_policy(arguments.policy)
    path = arguments.waivers or arguments.policy.with_name("waivers.toml")
    if arguments.action == "new":
        return _new(arguments, policy, path)
    waivers = load_waivers(path, policy)
    if arguments.action == "list":
        sys.stdout.writelines(f"{_line(each, arguments.at)}\n" for each in waivers.waiver)
        return 0
    lint = arguments.action == "lint"
    found = list(_lint(arguments, waivers) if lint else _due(arguments, waivers))
    sys.stdout.writelines(f"{line}\n" for line, _ in found)
    return 1 if any(bad for _, bad in found) else 0


def _lint(arguments: argparse.Namespace, waivers: Waivers) -> Iterator[tuple[str, bool]]:
    if arguments.run_folder is None:
        return
    for problem in waive(read_run(arguments.run_folder), waivers, arguments.at).problems:
        line = f"{problem.waiver.id}: {problem.text}\n  To do: {problem.resolution}"
        yield line, problem.stops


def _due(arguments: argparse.Namespace, waivers: Waivers) -> Iterator[tuple[str, bool]]:
    for each in waivers.waiver:
        if each.days_left(arguments.at) <= WARNING_DAYS:
            yield _line(each, arguments.at), True


def _line(waiver: Waiver, at: datetime) -> str:
    left = waiver.days_left(at)
    when = f"expired on {waiver.expires}" if left < 0 else f"{left} days left"
    return (
        f"{waiver.id}: {when}, {waiver.owner}, {waiver.ticket}: "
        f"{', '.join(waiver.checks)} on {', '.join(waiver.cells)}: {waiver.reason}"
    )


def _new(arguments: argparse.Namespace, policy: Policy, path: Path) -> int:
    found = failing(read_run(arguments.run_folder), arguments.cell, arguments.check)
    waivers = load_waivers(path, policy) if path.exists() else Waivers()
    name = arguments.id or free_id(waivers)
    first_line = found[0][1].reason.strip().partition("\n")[0]
    keys = draft(
        waiver_id=name,
        cells=arguments.cell,
        checks=arguments.check,
        finding=arguments.finding or first_line,
        owner=arguments.owner,
        reason=arguments.reason,
        ticket=arguments.ticket,
        today=arguments.at.astimezone(UTC).date(),
        days=arguments.days,
    )
    append(path, keys, policy)
    sys.stdout.write(f"wrote {name} into {path}; it fits:\n")
    sys.stdout.writelines(f"  {cell} {check.id}\n" for cell, check in found)
    return 0
