#!/bin/sh
# Installs what is missing, builds, and runs all tests. The last line is `N passed, N failed`.
set -eu
here=$(dirname "$0")
"$here/install_packages.sh"
make -C "$here" -j"$(nproc)" all tests >&2
exec make -C "$here" --no-print-directory -s check
