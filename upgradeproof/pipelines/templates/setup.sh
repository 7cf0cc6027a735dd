#!/bin/sh
# Make .venv with `upgradeproof` and `pytest`, and install what makes images. Edit it for your runners.
set -eu
if ! command -v mmdebstrap >/dev/null; then
    sudo apt-get update
    sudo apt-get install --yes mmdebstrap debian-archive-keyring
fi
[ -x .venv/bin/upgradeproof ] || {
    python3 -m venv .venv
    .venv/bin/python -m pip install 'upgradeproof[all]'
}
