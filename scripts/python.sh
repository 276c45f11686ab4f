#!/bin/sh
# Prints the first interpreter on the path that quantray supports; nothing when there is none.
for name in python3 python python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
        command -v "$name"
        exit 0
    fi
done
