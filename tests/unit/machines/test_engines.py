"""engines.toml: what is wrong with it, and which engine runs which cell."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.unit.sharding.cells import make_plans
from tests.unit.test_docs import as_written, keys, rows
from upgradeproof.errors import PlanError
from upgradeproof.machines.engines import Engine, Placement, load_placement, placed
from upgradeproof.machines.ssh import Address
from upgradeproof.plan import Cell, expand, load_images, load_plan
from upgradeproof.plan.images import Architecture

GOOD = """
[[engine]]
name = "arm1"
address = "ssh://root@arm1"
architectures = ["arm64"]
[[engine]]
name = "here"
address = "unix:///var/run/docker.sock"
architectures = ["amd64"]
slots = 2
"""


def engine(name: str, *architectures: Architecture, slots: int = 1, address: str = "") -> Engine:
    return Engine(
        name=name,
        address=address or f"ssh://{name}",
        architectures=architectures or ("amd64",),
        slots=slots,
    )


@pytest.fixture
def cells(tmp_path: Path) -> tuple[Cell, ...]:
    """Return the cells of two products on one image, both architectures, both kinds of machine."""
    files = make_plans(tmp_path, products=2, images=1)
    return expand([load_plan(path) for path in files], load_images(tmp_path))


def problem_of(folder: Path, text: str) -> str:
    (folder / "engines.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as raised:
        load_placement(folder, ())
    return str(raised.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"slots = 2": "slot = 2"}, "10: unknown key 'engine.1.slot'; did you mean 'slots'?"),
        ({"slots = 2": "slots = 0"}, ("10: engine.1.slots: input should be greater than or equal "
         "to 1, not 0")),
        ({'name = "arm1"\n': ""}, "2: 'engine.0.name' is missing"),
        ({'name = "arm1"': 'name = "arm 1"'}, ("3: engine.0.name: string should match pattern "
         "'^[A-Za-z0-9][A-Za-z0-9_.-]*$', not 'arm 1'")),
        ({'["arm64"]': '["arm"]'}, ("5: engine.0.architectures.0: input should be 'amd64' or "
         "'arm64', not 'arm'")),
        ({'["arm64"]': "[]"}, "5: engine.0.architectures: the list names no architecture"),
        ({"ssh://root@arm1": "tcp://arm1:2375"}, ("4: engine.0.address: 'tcp://arm1:2375' is no "
         "address of an engine; write ssh://root@host or unix:///var/run/docker.sock")),
        ({"ssh://root@arm1": "ssh://-oProxyCommand=x"}, ("4: engine.0.address: "
         "'ssh://-oProxyCommand=x' is no address of an engine; write ssh://root@host or "
         "unix:///var/run/docker.sock")),
        ({'"here"': '"arm1"'}, "7: engine.1.name: 'arm1' is there twice"),
        ({"unix:///var/run/docker.sock": "ssh://root@arm1"}, ("8: engine.1.address: "
         "'ssh://root@arm1' is there twice")),
    ],
)  # fmt: skip
def test_a_wrong_key_is_one_error_with_its_line(
    tmp_path: Path, wrong: dict[str, str], line: str
) -> None:
    text = GOOD
    for old, new in wrong.items():
        text = text.replace(old, new)
    assert problem_of(tmp_path, text) == (
        f"engines.toml is not a valid engines.toml\nengines.toml:{line}"
    )


def test_a_file_without_engines_is_an_error(tmp_path: Path) -> None:
    assert problem_of(tmp_path, "") == (
        "engines.toml is not a valid engines.toml\nengines.toml:1: 'engine' is missing"
    )


@pytest.mark.parametrize(
    ("address", "expected", "path"),
    [
        ("unix:///run/podman.sock", None, "/run/podman.sock"),
        ("ssh://arm1", Address(host="arm1"), "/var/run/docker.sock"),
        ("ssh://arm1/", Address(host="arm1"), "/var/run/docker.sock"),
        (
            "ssh://ada@arm1:2222/run/podman/podman.sock",
            Address(host="arm1", user="ada", port=2222),
            "/run/podman/podman.sock",
        ),
    ],
)
def test_an_address_names_a_host_and_a_socket(
    address: str, expected: Address | None, path: str
) -> None:
    found = engine("one", address=address)
    assert (found.ssh_address(Path("project")), found.socket) == (expected, path)


def test_a_configuration_of_ssh_is_relative_to_the_file() -> None:
    found = Engine(
        name="one", address="ssh://one", architectures=("amd64",), ssh_config=Path("ssh/config")
    )
    address = found.ssh_address(Path("project"))
    assert address == Address(host="one", config=Path("project/ssh/config"))


def test_without_a_file_every_cell_runs_on_this_host(
    tmp_path: Path, cells: tuple[Cell, ...]
) -> None:
    placement = load_placement(tmp_path, cells)
    assert placement == Placement()
    assert [placement.engine_of(cell) for cell in cells] == [None] * len(cells)
    assert placement.names(cells) == {}


def test_virtual_machines_run_on_this_host_and_containers_where_their_architecture_is(
    tmp_path: Path, cells: tuple[Cell, ...]
) -> None:
    (tmp_path / "engines.toml").write_text(GOOD, encoding="utf-8")
    names = load_placement(tmp_path, cells).names(cells)
    assert {(name.split(".")[0][-5:], name.split(".")[1], at) for name, at in names.items()} == {
        ("amd64", "vm", "this host"),
        ("arm64", "vm", "this host"),
        ("amd64", "container", "here"),
        ("arm64", "container", "arm1"),
    }


def test_engines_share_the_cells_by_their_slots(tmp_path: Path) -> None:
    files = make_plans(tmp_path, products=10, images=3)
    cells = expand([load_plan(path) for path in files], load_images(tmp_path))
    engines = (engine("small"), engine("large", slots=2), engine("arm", "amd64", "arm64"))
    found = placed(cells, engines)
    counts = Counter((found[c.id].name, c.platform.architecture) for c in cells if c.id in found)
    assert counts == {("arm", "arm64"): 30, ("large", "amd64"): 20, ("small", "amd64"): 10}


def test_of_equal_engines_each_runs_every_other_cell(cells: tuple[Cell, ...]) -> None:
    assert [each.name for each in placed(cells, [engine("one"), engine("two")]).values()] == [
        "one",
        "two",
    ]


def test_a_cell_that_no_engine_runs_is_an_error(cells: tuple[Cell, ...]) -> None:
    engines = (engine("one", "arm64"), engine("two", "arm64"))
    placement = Placement(engines=engines, cells=placed(cells, engines))
    cell = next(each for each in cells if ".container." in each.id and "-amd64" in each.id)
    with pytest.raises(PlanError) as raised:
        placement.engine_of(cell)
    assert str(raised.value) == (
        f"no engine can run {cell.id}\nit needs the architecture amd64; the engines have arm64\n"
        "To do: add an [[engine]] with this architecture to engines.toml, or select other cells"
    )


def test_the_reference_of_engines_toml_is_complete() -> None:
    table = rows("engines-toml.md", "engine")
    assert {name: row[2] for name, row in table.items()} == {
        name: "required" if key.is_required() else as_written(key)
        for name, key in keys(Engine).items()
    }
