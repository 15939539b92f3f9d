#!/bin/sh
# Installs csb, the client of ClientServerBackup, release @VERSION@, for the server @URL@.
#
# It needs no root and no Python, only tar and curl or wget. As root it installs to /opt/csb, else to
# ~/.local/share/csb; the program is linked from /usr/local/bin or ~/.local/bin. Run it again to
# update. What is downloaded must have the hash that stands below.
#
# Order of writes: the version under its own name, the start script, the pointer `current`, the link.
# Whatever stops it in between leaves what was installed before, and nothing half done in its place.
#
#   CSB_INSTALL_HOME, CSB_INSTALL_BIN, CSB_HOME   other folders: program, link, state
#   CSB_INSTALL_ONLY=1                            do not start the setup
set -eu
umask 022

url='@URL@'
pin='@PIN@'
code='@CODE@'
version='@VERSION@'
from='@FROM@' # network, or in this very file, or beside it
offset='@OFFSET@'

# target, SHA-256, size, name
files() {
    cat <<'END'
@FILES@
END
}

ca() {
    cat <<'END'
@CA@
END
}

say() { printf '%s\n' "$*"; }

stop() {
    printf 'install: %s\n' "$1" >&2
    exit 2
}

has() { command -v "$1" >/dev/null 2>&1; }

# A kernel of 64 bits runs the client of 64 bits, whatever the rest is: it brings its own libraries.
find_target() {
    case $(uname -s)/$(uname -m) in
        Linux/x86_64 | Linux/amd64) echo linux-amd64 ;;
        Linux/aarch64 | Linux/arm64) echo linux-arm64 ;;
        Linux/armv7* | Linux/armv8l) echo linux-armv7 ;;
        *) echo none ;;
    esac
}

# Sets sha256, size and name of the file for target $1; false when there is none.
choose_file() {
    sha256='' size='' name=''
    while read -r one_target one_sha256 one_size one_name; do
        [ "$one_target" = "$1" ] || continue
        sha256=$one_sha256 size=$one_size name=$one_name
    done <<END
$(files)
END
    [ -n "$name" ]
}

find_xz() {
    for one in xz unxz bsdtar; do
        if has "$one"; then echo "$one" && return; fi
    done
    if tar --help 2>&1 | grep -q BusyBox && tar --help 2>&1 | grep -q xz; then
        echo tar
    elif has python3 && python3 -c 'import lzma' 2>/dev/null; then
        echo python3
    fi
}

choose_folders() {
    if [ "$(id -u)" = 0 ]; then
        home=${CSB_INSTALL_HOME:-/opt/csb} programs=${CSB_INSTALL_BIN:-/usr/local/bin}
        state=${CSB_HOME:-/var/lib/csbackup}
    else
        [ -n "${HOME:-}" ] || stop 'HOME is not set, so there is no place to install to.'
        home=${CSB_INSTALL_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/csb}
        programs=${CSB_INSTALL_BIN:-$HOME/.local/bin}
        state=${CSB_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/csbackup}
    fi
    mkdir -p "$home/versions" "$programs" || stop "$home cannot be made."
    work=$home/versions/.install.$$
    for old in "$home"/versions/.install.*; do # of one that was killed
        kill -0 "${old##*.}" 2>/dev/null || rm -rf "$old"
    done
    trap 'rm -rf "$work"' EXIT
    trap 'exit 2' HUP INT TERM
    mkdir "$work" || stop "nothing can be written to $home."
    ca >"$work/ca.pem" || stop "nothing can be written to $home; is there space?"
}

# Without one a proxy stands before the server, with a certificate that the system trusts.
has_ca() { grep -q BEGIN "$work/ca.pem"; }

# The CA speaks for this one server, by whatever name it is reached: `localhost` is always in its
# certificate, so that name is checked while curl connects to where the server really is.
fetch_by_curl() {
    place=${url#https://}
    case $place in
        *]) host=$place port=443 ;;
        *:*) host=${place%:*} port=${place##*:} ;;
        *) host=$place port=443 ;;
    esac
    quiet=-s
    if [ -t 2 ]; then quiet=--progress-bar; fi
    if ! has_ca; then
        curl -fS $quiet --proto '=https' --connect-timeout 20 \
            --speed-limit 100 --speed-time 30 -C - -o "$2" "$url$1"
        return
    fi
    curl -fS $quiet --proto '=https' --cacert "$work/ca.pem" --noproxy localhost \
        --connect-to "localhost:$port:$host:$port" --connect-timeout 20 \
        --speed-limit 100 --speed-time 30 -C - -o "$2" "https://localhost:$port$1"
}

# wget cannot be told where `localhost` is, so it does not check who answers. The hash does.
fetch_by_wget() {
    wget -q -c --no-check-certificate -O "$2" "$url$1"
}

# $1 a path on the server, $2 where to. One that breaks off is taken up again, twice.
fetch() {
    if has curl; then
        way=fetch_by_curl
    elif has wget; then
        way=fetch_by_wget
    else
        stop 'curl or wget is needed. Install one with your package manager, then run this again.'
    fi
    outcome=0
    for pause in 1 2 0; do
        outcome=0
        $way "$1" "$2" || outcome=$?
        case $outcome in
            0) return ;;
            35 | 51 | 58 | 60 | 77 | 90 | 91)
                stop "whoever answers at $url is not the server this script came from. Somebody may stand in between: nothing was installed." ;;
            23) stop "$home has no space left, or cannot be written to. Nothing was installed." ;;
        esac
        sleep "$pause"
    done
    has curl || say 'Some kinds of wget cannot speak with this server. curl can.' >&2
    stop "$name could not be fetched whole from $url. Nothing was installed; run this again."
}

hash_of() {
    if has sha256sum; then
        sha256sum <"$1"
    elif has shasum; then
        shasum -a 256 <"$1"
    elif has openssl; then
        openssl dgst -sha256 -r <"$1"
    else
        stop 'sha256sum, shasum or openssl is needed to check the download.'
    fi
}

check_hash() {
    found=$(hash_of "$work/$name") || exit 2
    [ "${found%% *}" = "$sha256" ] ||
        stop "$name is not the file that this script was made for. Nothing was installed; get it anew."
}

check_space() {
    needed=$((size * 6 / 1024)) # the download, and what is in it
    free=$(df -Pk "$home" | tail -n 1 | awk '{print $4}')
    case $free in '' | *[!0-9]*) return 0 ;; esac
    [ "$free" -gt "$needed" ] ||
        stop "$home needs $((needed / 1024 + 1)) MB of free space and has $((free / 1024)) MB. Nothing was installed."
}

get_bundle() {
    case $from in
        network) fetch "/releases/$version/$name" "$work/$name" ;;
        self) tail -c "+$((offset + 1))" "$0" >"$work/$name" ;;
        beside) cp "$(dirname "$0")/$name" "$work/$name" ;;
    esac || stop "$name cannot be read or written; is there space in $home? Nothing was installed."
    check_hash
}

unpack() {
    case $name in *.tar.gz) tool=gzip ;; *) tool=$(find_xz) ;; esac
    case $tool in
        gzip) gzip -dc "$work/$name" | tar -xof - -C "$work/new" ;;
        xz) xz -dc "$work/$name" | tar -xof - -C "$work/new" ;;
        unxz) unxz -c "$work/$name" | tar -xof - -C "$work/new" ;;
        bsdtar) bsdtar -xof "$work/$name" -C "$work/new" ;;
        tar) tar -xJof "$work/$name" -C "$work/new" ;;
        python3) python3 -c 'import lzma, shutil, sys
with lzma.open(sys.argv[1]) as packed: shutil.copyfileobj(packed, sys.stdout.buffer)' \
            "$work/$name" | tar -xof - -C "$work/new" ;;
    esac
}

# The version aside, and tried there; then under its name.
install_version() {
    mkdir "$work/new"
    unpack || stop "$name could not be unpacked; is there space in $home? Nothing was installed."
    rm -f "$work/$name"
    starts "$work/new/$version" ||
        stop "the client does not start on this machine, or not from $home (mounted noexec?): $(head -n 1 "$work/said"). Nothing was installed."
    rm -rf "$work/old"
    if [ -d "$home/versions/$version" ]; then mv "$home/versions/$version" "$work/old"; fi
    mv "$work/new/$version" "$home/versions/$version"
}

starts() {
    [ -x "$1/csb" ] || return 1
    CSB_HOME="$work/state" "$1/csb" version >"$work/said" 2>&1
}

replace() {
    cat >"$1.$$" && chmod "$2" "$1.$$" && mv -f "$1.$$" "$1"
}

# What decides which version is started. The one that the release brings knows how to go back.
write_start_script() {
    if [ -f "$home/versions/$version/start.sh" ]; then
        replace "$home/csb" 755 <"$home/versions/$version/start.sh"
        return
    fi
    replace "$home/csb" 755 <<'END'
#!/bin/sh
# csb: starts the version that `current` names.
path=$0
case $path in */*) ;; *) path=$(command -v -- "$path") ;; esac
while [ -L "$path" ]; do
    link=$(readlink "$path")
    case $link in /*) path=$link ;; *) path=$(dirname "$path")/$link ;; esac
done
install=$(CDPATH='' cd -P -- "$(dirname -- "$path")" && pwd -P) || exit 2
IFS= read -r version <"$install/current" || exit 2
if [ "$install" = /opt/csb ] && [ -z "${CSB_HOME-}" ] && [ "$(id -u)" = 0 ]; then
    export CSB_HOME=/var/lib/csbackup
fi
export CSB_INSTALL="$install"
exec "$install/versions/$version/csb" "$@"
END
}

installed() {
    if [ -f "$home/current" ]; then cat "$home/current"; fi
}

# Whether version $1 is newer than $2.
is_newer() {
    [ "$1" != "$2" ] &&
        [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t . -k 1,1n -k 2,2n -k 3,3n | tail -n 1)" = "$1" ]
}

remember_server() {
    (
        umask 077
        mkdir -p "$state"
        printf '{"url": "%s", "pin": "%s", "code": "%s"}\n' "$url" "$pin" "$code" |
            replace "$state/server.json" 600
    ) || stop "$state/server.json cannot be written; is there space?"
}

# Without a client of ours for this machine: the one that needs Python.
take_the_way_with_python() {
    say "This server has no ready-made client for $(uname -s) on $(uname -m)."
    say 'Taking the way with Python and pip instead.'
    name=install.sh
    fetch /client/install.sh "$work/install.sh"
    outcome=0
    sh "$work/install.sh" || outcome=$?
    exit "$outcome"
}

get_and_install() {
    before=$(installed)
    if [ -n "$before" ] && is_newer "$before" "$version" && starts "$home/versions/$before"; then
        say "csb $before is installed in $home, which is newer than $version. It stays."
        return
    fi
    if [ -z "${CSB_REINSTALL-}" ] && starts "$home/versions/$version"; then
        say "csb $version is in $home already."
    else
        say "Installing csb $version into $home ..."
        check_space
        get_bundle
        install_version
    fi
    write_start_script
    sync
    say "$version" | replace "$home/current" 644
    ln -sf "$home/csb" "$programs/csb"
    if [ -n "$before" ] && [ "$before" != "$version" ]; then
        say "A service that runs goes on with $before until it is started anew."
    fi
}

go_on() {
    csb=csb
    [ "$(command -v csb || true)" = "$programs/csb" ] || csb="$programs/csb"
    rm -rf "$work"
    say
    if [ -f "$state/device.json" ]; then
        say "csb is installed; this machine is enrolled already. See: $csb status"
        exit 0
    fi
    if ! "$home/csb" setup --help >/dev/null 2>&1; then
        say 'csb is installed. Next, make an account and enrol this machine:'
        say
        say "    $csb register $url --account YOUR-NAME"
        say
        say "or, if you have an account:  $csb login $url --account YOUR-NAME"
    elif [ -z "${CSB_INSTALL_ONLY-}" ] && [ -t 1 ] && (: </dev/tty) 2>/dev/null; then
        exec "$home/csb" setup </dev/tty
    elif [ -z "${CSB_INSTALL_ONLY-}" ] && [ -n "${DISPLAY-}${WAYLAND_DISPLAY-}" ]; then
        exec "$home/csb" setup </dev/null
    else
        say "csb is installed. Next:  $csb setup"
    fi
    exit 0
}

main() {
    target=$(find_target)
    choose_folders
    if ! choose_file "$target"; then
        [ "$from" = network ] || stop "this is not the client for $(uname -s) on $(uname -m)."
        take_the_way_with_python
    fi
    if [ -z "$(find_xz)" ]; then
        { [ "$from" = network ] && choose_file "$target-gz"; } ||
            stop 'xz is needed to unpack the client. On Debian and Ubuntu: apt install xz-utils'
    fi
    get_and_install
    remember_server
    go_on
}

main "$@"; exit
