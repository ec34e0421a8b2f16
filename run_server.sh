#!/bin/sh
# Installs missing packages, builds, and starts a server with its page. Arguments replace the default options of the server.
set -eu
here=$(dirname "$0")
"$here/install_packages.sh"
make -C "$here" -j"$(nproc)" all >&2
if [ $# -eq 0 ]; then set -- -client_ids 1,2,3 -port 5000 --web-port 8080; fi
exec "$here/build/bin/belfryd" "$@"
