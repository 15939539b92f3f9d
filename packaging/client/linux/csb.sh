#!/bin/sh
# Starts this very version of the client, by its own Python.
case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
exec "$here/runtime/bin/python3" -m csbackup.client.cli "$@"
