"""A product's folder is written atomically, and never replaces another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.observe.folder import write_folder


def test_the_files_are_written_to_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "products" / "thing"
    write_folder(folder, {"upgrade.toml": b"plan", "files/etc/a": b"\xff"})
    assert (folder / "upgrade.toml").read_bytes() == b"plan"
    assert (folder / "files" / "etc" / "a").read_bytes() == b"\xff"
    assert [path.name for path in folder.parent.iterdir()] == ["thing"]
    assert folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_an_existing_path_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "thing"
    match kind:
        case "folder":
            folder.mkdir()
        case "file":
            folder.write_text("mine")
        case _:
            folder.symlink_to("nowhere")
    with pytest.raises(PlanError) as raised:
        write_folder(folder, {"upgrade.toml": b"plan"})
    assert str(raised.value) == (
        f"{folder} already exists, and nothing was written\n"
        "To do: remove it, or choose another name"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


class Interrupted(Mapping[str, bytes]):
    """Files whose iteration is interrupted before the last one."""

    def __getitem__(self, name: str) -> bytes:
        raise KeyError(name)

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[str]:
        raise KeyboardInterrupt

    def items(self):  # type: ignore[no-untyped-def]  # like a mapping, except for its end
        yield "upgrade.toml", b"plan"
        raise KeyboardInterrupt


@pytest.mark.parametrize("there", [True, False])
def test_an_interrupted_write_leaves_nothing(tmp_path: Path, there: bool) -> None:
    products = tmp_path / "products"
    if there:
        products.mkdir()
    with pytest.raises(KeyboardInterrupt):
        write_folder(products / "thing", Interrupted())
    assert list(products.iterdir() if there else tmp_path.iterdir()) == []
