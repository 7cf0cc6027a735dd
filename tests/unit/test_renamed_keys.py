"""The table of renamed keys names keys that exist, and none that the models still have."""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

import upgradeproof.results
from upgradeproof import renamed_keys
from upgradeproof.daemons import Daemon
from upgradeproof.field_cases.catalogue import Case
from upgradeproof.plan import Plan
from upgradeproof.plan.defects import Defect
from upgradeproof.renamed_keys import fields, new_name, renamed
from upgradeproof.results.base import Frozen
from upgradeproof.results.load import Downtime

MODELS: dict[str, type[BaseModel]] = {
    "plan": Plan,
    "defect": Defect,
    "case": Case,
    "daemon": Daemon,
}


def names(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield every model in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from names(argument)


def paths(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every key that a file of a model can have."""
    for name, field in model.model_fields.items():
        path = (*above, field.alias or name)
        yield path
        for inner in names(field.annotation):
            yield from paths(inner, path)


KINDS = tomllib.loads(Path(renamed_keys.__file__).with_suffix(".toml").read_text("utf-8"))
JSON_MODELS = KINDS.pop("json")
RENAMES = [(kind, path, new) for kind, table in KINDS.items() for path, new in table.items()]


def fits(path: str, key: tuple[str, ...]) -> bool:
    wanted = path.removeprefix("*.").split(".")
    return list(key[-len(wanted) :] if path.startswith("*.") else key) == wanted


def test_every_kind_has_a_model() -> None:
    assert set(KINDS) == set(MODELS)
    assert {kind: model.called() for kind, model in MODELS.items()} == {k: k for k in MODELS}  # type: ignore[attr-defined]  # each is a Model


@pytest.mark.parametrize(("kind", "path", "new"), RENAMES)
def test_the_new_name_is_a_key_and_the_old_one_is_none(kind: str, path: str, new: str) -> None:
    keys = list(paths(MODELS[kind]))
    *above, _ = path.split(".")
    assert any(fits(".".join((*above, new)), key) for key in keys)
    assert not any(fits(path, key) for key in keys)


def frozen() -> dict[str, type[Frozen]]:
    for found in pkgutil.iter_modules(upgradeproof.results.__path__, "upgradeproof.results."):
        importlib.import_module(found.name)
    return {model.__name__: model for model in Frozen.__subclasses__()}


@pytest.mark.parametrize("model", sorted(JSON_MODELS))
def test_a_renamed_field_of_json_is_one_of_the_model(model: str) -> None:
    known = frozen()[model].model_fields
    for old, new in fields(model).items():
        assert (old in known, new in known) == (False, True)


def test_a_file_of_an_earlier_run_is_read_by_its_old_names() -> None:
    new = Downtime(began_s=1, duration_ms=2, requests=3, reason="r", step="s")
    plain = new.model_dump()
    old = {("lasted_ms" if key == "duration_ms" else key): plain[key] for key in plain}
    assert Downtime.model_validate(old) == new


def test_a_table_of_free_names_is_left_alone() -> None:
    data = {"release": [{"packages": {"least": "1"}, "component": [{"least": "1"}]}]}
    result, found = renamed(data, "plan")
    assert result == {"release": [{"packages": {"least": "1"}, "component": [{"min": "1"}]}]}
    assert [str(each) for each in found] == ["release.0.component.0.least"]
    assert new_name("plan", ("release", "packages", "least")) is None


def test_a_kind_without_renames_is_left_alone() -> None:
    data = types.MappingProxyType({"least": 1})
    assert renamed(data, "image") == ({"least": 1}, ())
