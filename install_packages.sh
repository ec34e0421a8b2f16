#!/bin/sh
# install_packages.sh [LIST...]: installs the missing packages of these lists of Debian 12 packages. The
# default list is packages.txt. Uses sudo if the user is not root.
set -eu
here=$(dirname "$0")
[ $# -gt 0 ] || set -- packages.txt
missing=
for list; do
    while read -r package; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done < "$here/$list"
done
[ -z "$missing" ] && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
echo "installing packages:$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086  # one word per package
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
