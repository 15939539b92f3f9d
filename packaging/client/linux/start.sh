#!/bin/sh
# csb: starts the version that `current` names. No update changes this file.
#
#   current        the version to start: one line, replaced by rename
#   versions/<v>/  whole versions; what is still being made there begins with a dot
#   trial          `current` is on trial: version=, previous=, starts=, seconds=
#   trial-starts   a line for each start of the service on trial: version, boot
#   trial-rest     the service on trial was asked to stop, and did not die
#   rolled-back    what went back, and why: version=, to=, reason=; the client reads and removes it
#
# A version on trial takes `trial` away once the server answered it. Until then this script counts
# the starts of its service, and watches it by a process of its own. After `starts` starts in one
# boot (three times as many in all), or `seconds` awake without that, the version before is started
# again. No clock of the day counts: `sleep` does not see it being set, and stands still with the
# machine.
#
# Order of writes when going back: `rolled-back`, then `current`, then `trial` goes. A crash in
# between leaves a trial that goes back at the next start, or one of a version that is not started
# any more, which counts for nothing.
#
# CSB_SUPERVISED, or systemd, says that somebody starts the service again when it ends. Where nobody
# does, the watching process does, as long as the trial lasts.

set -u

say() { printf 'csb: %s\n' "$*" >&2; }

# The folder that this script lies in, whatever links lead here.
find_install() {
    path=$1
    case $path in */*) ;; *) path=$(command -v -- "$path") ;; esac
    hops=0
    while [ -L "$path" ] && [ "$hops" -lt 40 ]; do
        link=$(readlink "$path")
        case $link in
            /*) path=$link ;;
            *) path=$(dirname -- "$path")/$link ;;
        esac
        hops=$((hops + 1))
    done
    CDPATH='' cd -P -- "$(dirname -- "$path")" && pwd -P
}

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

is_whole() {
    case $1 in '' | .* | *[!0-9.]*) return 1 ;; esac
    [ -f "$install/versions/$1/csb" ] && [ -x "$install/versions/$1/csb" ]
}

# The newest whole version but $1.
newest() {
    for folder in "$install"/versions/*/; do
        name=${folder%/}
        name=${name##*/}
        [ "$name" != "$1" ] && is_whole "$name" && printf '%s\n' "$name"
    done | sort -t . -k 1,1n -k 2,2n -k 3,3n | tail -n 1
}

# `version`: what the pointer says, or the newest where it says nothing that can be started.
choose() {
    version=
    [ -f "$install/current" ] && IFS= read -r version <"$install/current"
    is_whole "$version" && return
    broken=$version
    version=$(newest '')
    if [ -z "$version" ]; then
        say "no version is installed below $install. Install it again."
        exit 2
    fi
    [ -z "$broken" ] || say "version $broken cannot be started; starting $version"
}

# Whether `version` is on trial; then with the terms of it.
on_trial() {
    trial_version='' trial_previous='' trial_starts=3 trial_seconds=900
    [ -f "$install/trial" ] || return 1
    while IFS='=' read -r key value; do
        case $key in
            version) trial_version=$value ;;
            previous) trial_previous=$value ;;
            starts) is_number "$value" && trial_starts=$value ;;
            seconds) is_number "$value" && trial_seconds=$value ;;
        esac
    done <"$install/trial"
    [ "$trial_version" = "$version" ]
}

replace() {
    file=$1
    shift
    printf '%s\n' "$@" >"$file.$$" && sync && mv -f "$file.$$" "$file"
}

# Back to the version before, or to any other; stays where there is none.
roll_back() {
    failed=$version
    back=$trial_previous
    if [ "$back" = "$failed" ] || ! is_whole "$back"; then
        back=$(newest "$failed")
    fi
    [ -n "$back" ] || return 1
    version=$back # also where the disk is full: the next start decides the same
    say "version $failed does not work ($1); going back to $back"
    replace "$install/rolled-back" "version=$failed" "to=$back" "reason=$1" &&
        replace "$install/current" "$back" &&
        sync && rm -f "$install/trial" "$install/trial-starts" "$install/trial-rest"
    return 0
}

boot_id() {
    boot=-
    [ -r /proc/sys/kernel/random/boot_id ] && IFS= read -r boot </proc/sys/kernel/random/boot_id
}

# Sets `here` and `all`: earlier starts of this version in this boot, and in all.
count_starts() {
    here=0 all=0
    boot_id
    [ -f "$install/trial-starts" ] || return 0
    while read -r started_version started_boot; do
        [ "$started_version" = "$version" ] || continue
        all=$((all + 1))
        [ "$started_boot" != "$boot" ] || here=$((here + 1))
    done <"$install/trial-starts"
}

# When the process $$ began, which tells it from a later one of the same number; empty once it is
# gone, also where nobody has fetched its end.
born() {
    [ -d /proc/self ] || { kill -0 $$ 2>/dev/null && echo there; return 0; }
    stat=
    [ -r /proc/$$/stat ] && IFS= read -r stat 2>/dev/null </proc/$$/stat
    # shellcheck disable=SC2086  # its fields
    set -- ${stat##*) }
    case ${1-Z} in [ZX]) ;; *) echo "${20-}" ;; esac
}

is_supervised() { [ -n "${CSB_SUPERVISED-}" ] || [ "${SYSTEMD_EXEC_PID-}" = $$ ]; }

# Beside the service on trial, until it is known to work: its parent becomes the service.
watch() {
    step=5
    [ "$trial_seconds" -ge 60 ] || step=1
    waited=0
    while [ "$waited" -lt "$trial_seconds" ]; do
        sleep $step
        waited=$((waited + step))
        on_trial || exit 0
        [ "$(born)" = "$birth" ] || start_again "$@"
    done
    roll_back silent || exit 0
    end_service
    start_again "$@"
}

end_service() {
    kill $$
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(born)" = "$birth" ] || return 0
        sleep 1
    done
    kill -9 $$
    sleep 1
}

start_again() {
    if is_supervised || [ -f "$install/trial-rest" ]; then exit 0; fi
    exec "$install/csb" "$@"
}

# A start of the service on trial: counted, and watched; or one too many.
try() {
    count_starts
    if [ "$here" -ge "$trial_starts" ] || [ "$all" -ge $((3 * trial_starts)) ]; then
        roll_back died
        return 0
    fi
    rm -f "$install/trial-rest"
    printf '%s %s\n' "$version" "$boot" >>"$install/trial-starts"
    birth=$(born)
    watch "$@" </dev/null &
}

install=$(find_install "$0") || exit 2
choose
if [ "${1-} ${2-}" = 'service run' ] && [ -w "$install" ] && on_trial; then
    try "$@"
fi
# The system's own service and whoever is root share one state.
if [ "$install" = /opt/csb ] && [ -z "${CSB_HOME-}" ] && [ "$(id -u)" = 0 ]; then
    export CSB_HOME=/var/lib/csbackup
fi
export CSB_INSTALL="$install"
exec "$install/versions/$version/csb" "$@"
