#!/bin/sh
# Installs csb, the client of ClientServerBackup, from the server @URL@.
#
# It makes a Python environment in ~/.local/share/csb, takes the client from this server (whose own
# CA stands below, so nobody can come in between), and links ~/.local/bin/csb. Run it again to
# update. To remove it: rm -r ~/.local/share/csb ~/.local/bin/csb
set -eu

url='@URL@'
pin='@PIN@'
wheel='@WHEEL@'
sha256='@SHA256@'

stop() {
    printf 'install: %s\n' "$1" >&2
    exit 2
}

ca() {
    cat <<'END'
@CA@
END
}

find_python() {
    for python in python3.13 python3.12 python3.11 python3; do
        if command -v "$python" >/dev/null 2>&1 &&
            "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$python"
            return
        fi
    done
    stop 'Python 3.11 or later is needed. Install it with your package manager, then run this again.'
}

make_environment() {
    [ -x "$home/venv/bin/pip" ] && return
    python=$(find_python)
    if ! "$python" -m venv --clear "$home/venv" >"$home/venv.log" 2>&1; then
        rm -rf "$home/venv"
        stop "$python cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv"
    fi
    rm -f "$home/venv.log"
}

# The CA speaks for this one server, by whatever name it is reached: `localhost` is always in its
# certificate, so that name is checked while curl connects to where the server really is.
fetch_wheel() {
    place=${url#https://}
    case $place in
        *]) host=$place port=443 ;;
        *:*) host=${place%:*} port=${place##*:} ;;
        *) host=$place port=443 ;;
    esac
    if grep -q BEGIN "$work/ca.pem"; then
        curl -fsS --proto '=https' --cacert "$work/ca.pem" --noproxy localhost \
            --connect-to "localhost:$port:$host:$port" \
            -o "$work/$wheel" "https://localhost:$port/client/$wheel"
    else # a proxy stands before the server, with a certificate that the system trusts
        curl -fsS --proto '=https' -o "$work/$wheel" "$url/client/$wheel"
    fi ||
        stop "the client could not be fetched from $url."
    found=$("$home/venv/bin/python" -c \
        'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' \
        "$work/$wheel")
    [ "$found" = "$sha256" ] || stop "the client is not the one this script was made for. Get it anew."
}

remember_server() {
    "$home/venv/bin/python" - "$url" "$pin" <<'END'
import json, os, sys
from csbackup.client.config import find_home

server = {"url": sys.argv[1], "pin": sys.argv[2]}
find_home(os.environ).write("server.json", json.dumps(server).encode())
END
}

main() {
    command -v curl >/dev/null 2>&1 || stop 'curl is needed.'
    home=${CSB_INSTALL_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/csb}
    programs=${CSB_INSTALL_BIN:-$HOME/.local/bin}
    mkdir -p "$home" "$programs"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    ca >"$work/ca.pem"

    echo "Installing csb into $home ..."
    make_environment
    fetch_wheel
    "$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade \
        --force-reinstall --no-deps "$work/$wheel" ||
        stop 'pip could not install the client; see above.'
    "$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        "clientserverbackup[client] @ file://$work/$wheel" ||
        stop 'pip could not install what the client needs; see above.'
    ln -sf "$home/venv/bin/csb" "$programs/csb"
    remember_server

    csb=csb
    [ "$(command -v csb || true)" = "$programs/csb" ] || csb="$programs/csb"
    echo
    echo "csb is installed. Next, make an account and enrol this machine:"
    echo
    echo "    $csb register $url --account YOUR-NAME"
    echo
    echo "or, if you have an account:  $csb login $url --account YOUR-NAME"
}

main "$@"
