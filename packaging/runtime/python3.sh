#!/bin/sh
# Starts this Python by its own loader, wherever it lies. It uses no library and no setting of the
# system's Python: -I sees no variable and no package of the user, -B writes no bytecode.
case $0 in
    */*) here=${0%/*} ;;
    *) here=$(command -v -- "$0") && here=${here%/*} ;;
esac
here=$(CDPATH='' cd -- "$here/.." && pwd -P) || exit 126
exec "$here/lib/@LOADER@" --inhibit-cache --library-path "$here/lib" \
    --argv0 "$here/bin/python3" "$here/bin/python3.13" -I -B -X utf8 "$@"
