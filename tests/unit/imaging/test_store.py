"""The bundle that Docker loads: one layer, labels, and the right architecture."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

from tests.unit.imaging.fakes import EXAMPLE
from upgradeproof.imaging import Request
from upgradeproof.imaging.stores.docker import pack

REQUEST = Request(name="example-1", image=EXAMPLE, architecture="arm64", archive=None)


def test_a_bundle_states_its_architecture_and_the_digest_of_its_layer(tmp_path: Path) -> None:
    root = tmp_path / "root.tar"
    root.write_bytes(b"layer")
    pack(REQUEST, root, tmp_path / "bundle.tar")
    with tarfile.open(tmp_path / "bundle.tar") as tar:
        content = {
            name: stream.read() for name in tar.getnames() if (stream := tar.extractfile(name))
        }
    (manifest,) = json.loads(content["manifest.json"])
    config = json.loads(content[manifest["Config"]])
    assert manifest["RepoTags"] == [REQUEST.reference]
    assert content[manifest["Layers"][0]] == b"layer"
    assert (config["os"], config["architecture"], config["variant"]) == ("linux", "arm64", "v8")
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(b'layer').hexdigest()}"]
    assert config["config"] == {
        "Cmd": ["/sbin/init"],
        "Labels": {
            "upgradeproof": "image",
            "upgradeproof.key": REQUEST.key,
            "upgradeproof.image": "example-1",
        },
    }
