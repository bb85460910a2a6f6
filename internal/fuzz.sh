#!/usr/bin/env bash
# Runs every fuzz target of the modules for the time given.
set -euo pipefail
time=$1
shift
for module; do
    cd "$module"
    while read -r package; do
        while read -r target; do
            echo "fuzzing $target for $time"
            # A target without a finding is quiet but for its last line.
            go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5x "$package" >"${TMPDIR:-/tmp}/fuzz.$$" 2>&1 ||
                { cat "${TMPDIR:-/tmp}/fuzz.$$"; exit 1; }
        done < <(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true)
    done < <(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n1 dirname | sort -u | grep -v -e '^./build' -e '^./ci/')
    cd - >/dev/null
done
rm -f "${TMPDIR:-/tmp}/fuzz.$$"
