#!/usr/bin/env bash
# Writes what every archive carries beside the program: manual pages and completions, made by the program itself.
#
#   packaging/pages.sh PROGRAM DIR     DIR/man/*.1 and DIR/completions/*
set -euo pipefail

[ $# -eq 2 ] || { echo "usage: packaging/pages.sh PROGRAM DIR" >&2; exit 1; }
program=$1 out=$2

# Pages look the same whoever makes them: no settings, no colours, no cluster.
run() { env -i PATH="$PATH" HOME=/nonexistent KUBECONFIG=/nonexistent "$program" "$@"; }

mkdir -p "$out/completions"
run man "$out/man"
if ! run completion --help >/dev/null 2>&1; then
    echo "pages: no completions: the program has no command for them" >&2
    exit 0
fi
complete() { run completion "$1" >"$out/completions/$2"; }
complete bash kubectl-ku8.bash
complete zsh _kubectl-ku8
complete fish kubectl-ku8.fish
complete powershell kubectl-ku8.ps1
complete elvish kubectl-ku8.elv
