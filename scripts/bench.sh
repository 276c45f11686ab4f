#!/bin/sh
# bench.sh PYTHON [NAME [ARGS]]: every benchmark in turn, or one with its own arguments; each prints its own figures.
set -eu
python=$1
shift
if [ $# -gt 0 ]; then
    name=$1
    shift
    exec "$python" -m "benchmarks.$name" "$@"
fi
for file in benchmarks/[!_]*.py; do
    name=$(basename "$file" .py)
    echo "== $name"
    "$python" -m "benchmarks.$name"
done
