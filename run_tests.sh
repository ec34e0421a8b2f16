#!/bin/sh
# Installs what is missing, builds, and runs all tests but those in a browser. `make check-web` runs these; they need
# the packages of packages-web.txt.
#     ./run_tests.sh PORT SERVER [IDS]
# runs instead the scenarios of tests/system/scenarios.sh against a server that already runs.
# The last line is `N passed, N failed`.
set -eu
here=$(dirname "$0")
if [ $# -eq 1 ] || [ $# -gt 3 ]; then
    echo "usage: $0 [PORT SERVER [IDS]]" >&2
    exit 2
fi
"$here/install_packages.sh"
if [ $# -gt 0 ]; then
    make -C "$here" -j"$(nproc)" all >&2
    exec "$here/tests/system/scenarios.sh" "$@"
fi
make -C "$here" -j"$(nproc)" all tests >&2
echo 'the tests of the page in a browser are apart: make check-web' >&2
exec make -C "$here" --no-print-directory -s check
