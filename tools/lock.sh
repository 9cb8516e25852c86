#!/bin/sh
# Write the hashed lock files anew from pyproject.toml and package.json. Needs uv and npm; no address is recorded.
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet "$@"; }
compile pyproject.toml --extra postgres --group build --output-file requirements.txt
compile pyproject.toml --extra postgres --group build --group dev --constraints requirements.txt --output-file requirements-dev.txt
compile --group node --output-file requirements-node.txt
npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts
