"""The probe protocol, the facts of one state, and their diff."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import HarnessError, MissingFactError
from upgradeproof.extensions import File, Kind, discover, once_per_project
from upgradeproof.probes.inputs import ProbeInputs


class Record(BaseModel):
    """One fact's value: immutable, flat, and comparable.

    Fields named in ``volatile`` change without a cause (process ids, free bytes): they are stored
    as evidence and left out of every diff.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    volatile: ClassVar[frozenset[str]] = frozenset()

    def same_as(self, other: Record | None) -> bool:
        """Return whether another record has the same values, volatile fields aside."""
        left_out = set(self.volatile)
        return type(self) is type(other) and (
            other is not None
            and self.model_dump(exclude=left_out) == other.model_dump(exclude=left_out)
        )


R = TypeVar("R", bound=Record)


class Probe(Generic[R]):
    """Read one kind of fact. Subclasses need no state: a class is all there is."""

    section: ClassVar[str]
    """The name of these facts in paths, plans and reports: lower case, plural."""
    record: ClassVar[type[Record]]
    events: ClassVar[bool] = False
    """Whether the records are events of the transition to a state: then only new ones differ."""
    faults: ClassVar[bool] = False
    """Whether each record is a fault of the machine: then one that is gone is no difference."""
    arrivals: ClassVar[bool] = True
    """Whether a record that came is a difference."""
    departures: ClassVar[bool] = True
    """Whether a record that went is a difference."""
    intrusive: ClassVar[bool] = False
    """Whether reading changes the machine (a login, a log line): then only clones are read."""
    cost_ms: ClassVar[int] = 0
    """About how long it takes on an idle machine with 250 packages; 0: under 150. A pass takes the
    probes that take longest first, so that no processor waits for the last one."""
    on_disk: ClassVar[bool] = False
    """Whether the facts are read from files that no boot changes: then they can be read later, on a
    machine that was started from the snapshot of the state."""

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return a POSIX shell script that prints the facts; it must exit 0 where they are read."""
        raise NotImplementedError

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, R]:
        """Return the records by their key, from what the script printed."""
        raise NotImplementedError

    @classmethod
    def explain(cls, _line: Difference, _before: Facts, _after: Facts, /) -> str:
        """Return why a line of the diff follows from a change of a package, or "".

        The reason names the package. It may only be given for what every upgrade of that package
        does, such as replacing a file that it owns.
        """
        return ""

    @classmethod
    def kind(cls, line: Difference, _before: Facts, _after: Facts, /) -> ChangeKind:
        """Return what kind of change a line of the diff is."""
        if line.before is None:
            return "added"
        return "removed" if line.after is None else "changed"

    @classmethod
    def detail(cls, _line: Difference, _before: Facts, _after: Facts, /) -> str:
        """Return the unified diff behind a line, or "": where a text file changed."""
        return ""


PROBES = Kind(name="probes", noun="probe", engine="upgradeproof.probes")
_SECTION = re.compile("[a-z]+(_[a-z]+)*")


@once_per_project
def every_probe() -> tuple[type[Probe[Any]], ...]:
    """Return the probes that are found, ordered by section. Raises ExtensionError."""
    found = discover(PROBES, _probes_in)
    return tuple(found[section] for section in sorted(found))


def _probes_in(file: File) -> Iterator[tuple[str, type[Probe[Any]]]]:
    """Yield the probes that a file defines; a class without a section is a base of others."""
    for probe in vars(file.module).values():
        if not isinstance(probe, type) or not issubclass(probe, Probe) or probe is Probe:
            continue
        if probe.__module__ != file.name or not hasattr(probe, "section"):
            continue
        if not isinstance(probe.section, str) or not _SECTION.fullmatch(probe.section):
            raise file.wrong(f"{probe.__name__}.section: lower-case words joined by _ are needed")
        record = getattr(probe, "record", None)
        if not isinstance(record, type) or not issubclass(record, Record):
            raise file.wrong(f"{probe.__name__}.record: a subclass of Record is needed")
        for method in ("script", "parse"):
            if getattr(probe, method).__func__ is getattr(Probe, method).__func__:
                raise file.wrong(f"{probe.__name__} has no class method {method!r}")
        yield probe.section, probe


class Records(dict[str, Record]):
    """The records of one section; one that is missing is the product's failure, not ours."""

    def __init__(self, section: str, records: Mapping[str, Record]) -> None:
        super().__init__(records)
        self._section = section

    def __missing__(self, key: str) -> Record:
        """Raise MissingFactError: a check asked for what is not on the machine."""
        raise MissingFactError(f"{self._section}: there is no {key} on the machine in this state")


@dataclass(frozen=True)
class Facts:
    """All that the probes read of one state: records by section and key."""

    sections: Mapping[str, Mapping[str, Record]]

    def __getitem__(self, probe: type[Probe[R]]) -> Mapping[str, R]:
        """Return the records of one probe, typed. Raises HarnessError if it was not read."""
        if probe.section not in self.sections:
            raise HarnessError(
                f"the facts {probe.section!r} were not read in this state",
                resolution="intrusive probes are read on the rebooted clones only",
            )
        return cast("Mapping[str, R]", Records(probe.section, self.sections[probe.section]))

    def to_json(self) -> str:
        """Return the facts as JSON, keys sorted: equal facts give equal text."""
        plain = {
            section: {key: record.model_dump(mode="json") for key, record in records.items()}
            for section, records in self.sections.items()
        }
        return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False)

    def only(self, *, intrusive: bool) -> Facts:
        """Return the sections of the intrusive probes, or those of the others."""
        names = {probe.section for probe in every_probe() if probe.intrusive is intrusive}
        return Facts({name: found for name, found in self.sections.items() if name in names})

    def joined(self, other: Facts) -> Facts:
        """Return these facts with the sections of ``other`` added."""
        return Facts({**self.sections, **other.sections})


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A line of a diff: an added or removed ``section/key``, or a changed ``section/key/field``."""

    path: str
    before: str | None
    after: str | None


def diff(before: Facts, after: Facts) -> tuple[Difference, ...]:
    """Return what differs between two facts, ordered by path.

    Only sections that were read in both states are compared. Volatile fields do not count, nor
    earlier events, nor faults that disappeared, nor what a probe declares as no difference if it
    is added or removed.
    """
    probes = every_probe()
    events = {probe.section for probe in probes if probe.events}
    no_departures = {probe.section for probe in probes if probe.faults or not probe.departures}
    no_arrivals = {probe.section for probe in probes if not probe.arrivals}
    return tuple(
        difference
        for section in sorted(before.sections.keys() & after.sections.keys())
        for difference in _diff_section(section, before.sections[section], after.sections[section])
        if section not in events or difference.before is None
        if section not in no_departures or difference.after is not None
        if section not in no_arrivals or difference.before is not None
    )


def in_diffs(glob: str) -> bool:
    """Return whether a glob may fit a line of a diff.

    A plan may also name a volatile field: then a check looks at it, and no line of a diff does.
    """
    section, _, rest = glob.partition("/")
    record = next((p.record for p in every_probe() if p.section == section), None)
    if record is None:
        return True
    return (
        bool(record.model_fields.keys() - record.volatile)
        and rest.rpartition("/")[2] not in record.volatile
    )


def _diff_section(
    section: str, before: Mapping[str, Record], after: Mapping[str, Record]
) -> Iterator[Difference]:
    for key in sorted(before.keys() | after.keys()):
        path = f"{section}/{key}"
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            yield Difference(path=path, before=_brief(old), after=_brief(new))
            continue
        for field in type(old).model_fields:
            was, now = getattr(old, field), getattr(new, field)
            if field not in old.volatile and was != now:
                yield Difference(path=f"{path}/{field}", before=_text(was), after=_text(now))


def _brief(record: Record | None) -> str | None:
    """Return a record on one line, without fields that are empty or volatile."""
    if record is None:
        return None
    fields = record.model_dump(exclude=set(record.volatile), exclude_defaults=True)
    return ", ".join(f"{name}={_text(value)}" for name, value in fields.items()) or "there"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
