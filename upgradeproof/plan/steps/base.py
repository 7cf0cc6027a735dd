"""The step protocol, the actions that steps compile to, and the discovery of kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Union, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from upgradeproof.extensions import File, Kind, discover, once_per_project
from upgradeproof.plan.loading import Model
from upgradeproof.plan.tree import Tree


@dataclass(frozen=True, kw_only=True)
class Script:
    """Run a POSIX shell script as root; another exit status than 0 fails the step."""

    title: str
    script: str
    timeout_s: float
    environment: str = ""
    """What to do about a failure that is our environment's (an archive out of reach), and not the
    product's; empty: it is the product's."""
    signed_by_us: bool = False
    """Whether the repository that it reads has our signature: one that is refused is then ours."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Write a file of the product's folder on the machine."""

    title: str
    source: Path
    path: str
    mode: int
    owner: str
    digest: str = ""
    """What the content is known by, where its bytes hold more than matters (a signature)."""


@dataclass(frozen=True, kw_only=True)
class UploadTree:
    """Write a folder of the product's folder on the machine, with modes, owners and links."""

    title: str
    tree: Tree
    timeout_s: float


@dataclass(frozen=True, kw_only=True)
class Reboot:
    """Boot the machine again, where it has a kernel of its own."""

    title: str
    timeout_s: float


@dataclass(frozen=True, kw_only=True)
class Publish:
    """Put a signed APT repository of the product's own packages on the machine."""

    releases: tuple[str, ...] = ()
    """Its releases; set by the cell, which knows which ones were published before."""
    timeout_s: float

    @property
    def title(self) -> str:
        """Return what plans call it."""
        return f"publish {', '.join(self.releases)} in a signed APT repository"


Action = Script | Upload | UploadTree | Reboot
"""What is run on a machine without further preparation."""
Planned = Action | Publish
"""What a step compiles to: actions, and what becomes actions when the packages are built."""


class Step(Model):
    """One step of an installation or an upgrade."""

    timeout_s: float = Field(default=600.0, gt=0)
    """Limit of the whole step, in seconds; then it is stopped; the error has its last output."""

    @property
    def kind(self) -> str:
        """Return the name of its kind, as plans have it."""
        return str(type(self).model_fields["step"].default)

    def actions(self, folder: Path) -> tuple[Planned, ...]:
        """Return what the step does, in order; ``folder`` is the product's."""
        raise NotImplementedError

    def check(self, folder: Path) -> None:
        """Raise PlanError when what the step reads of the product's folder can't be read.

        Called once for each step before a machine is started; ``actions`` is called often.
        """

    def writes(self, path: str, folder: Path) -> bool:  # noqa: ARG002  # for subclasses
        """Return whether the step itself writes the file at a path of the machine."""
        return False

    @classmethod
    def variant(cls, data: Mapping[str, Any]) -> type[Model]:
        """Return the model of one step's data, so that advice can name its keys."""
        return step_kinds().get(str(data.get("step")), cls)


STEPS = Kind(name="steps", noun="kind of step", engine="upgradeproof.plan.steps")


@once_per_project
def step_kinds() -> dict[str, type[Step]]:
    """Return the kinds of step by the name that plans use. Raises ExtensionError."""
    return dict(sorted(discover(STEPS, _kinds_in).items(), key=lambda found: str(found[1])))


def _kinds_in(file: File) -> Iterator[tuple[str, type[Step]]]:
    """Yield the kinds of step that a file defines; a class without `step` is a base of others."""
    for kind in vars(file.module).values():
        if not isinstance(kind, type) or not issubclass(kind, Step) or kind.__module__ != file.name:
            continue
        if (field := kind.model_fields.get("step")) is None:
            continue
        if not isinstance(field.default, str) or get_args(field.annotation) != (field.default,):
            raise file.wrong(f'{kind.__name__}.step: write `step: Literal["name"] = "name"`')
        if kind.actions is Step.actions:
            raise file.wrong(f"{kind.__name__} has no method `actions(folder)`")
        yield field.default, kind


def _one_of_the_kinds() -> TypeAdapter[Step]:
    return _one_of(tuple(step_kinds().values()))


@cache
def _one_of(kinds: tuple[type[Step], ...]) -> TypeAdapter[Step]:
    union: Any = Annotated[Union[kinds], Field(discriminator="step")]  # noqa: UP007  # a tuple known only when it runs
    return TypeAdapter(union)


class _OneOfTheKinds:
    """Validate a step as the discovered kind that its ``step`` key names.

    The kinds are looked up when a plan is read, not when its model is defined: a project adds some.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda data: _one_of_the_kinds().validate_python(data)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(_one_of_the_kinds().core_schema)


AnyStep = Annotated[Step, _OneOfTheKinds()]
