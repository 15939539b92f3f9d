#!/bin/sh
# Starts the server in the runtime beside this file.
case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
exec "$here/runtime/bin/python3" -m csbackup.server.cli "$@"
