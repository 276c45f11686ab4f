#!/bin/sh
# bench.sh PYTHON [ARGS]: every benchmark in turn; each prints its own figures.
set -eu
python=$1
shift
for file in benchmarks/[!_]*.py; do
    echo "== $file"
    "$python" "$file" "$@"
done
