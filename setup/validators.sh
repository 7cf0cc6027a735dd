# Validators of pipelines that are no Python packages. Sourced by setup.sh.
# shellcheck shell=bash disable=SC2154 # setup.sh's variables

validators=$root/setup/validators

# node and npm are in the virtual environment, so that their version is the same everywhere. The lock
# file has versions and hashes; the registry is npm's default, or the one that this host configures.
install_validators() {
    quietly "installing the validators of setup/validators/package-lock.json" \
        env PATH="$venv/bin:$PATH" npm ci --prefix "$validators" --ignore-scripts --no-audit --no-fund
}
