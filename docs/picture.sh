#!/usr/bin/env bash
# picture.sh PROGRAM OUT.svg COLUMNS ROWS "FLAGS" [KEYS …] draws the running program as
# SVG. It runs in tmux, for PICTURE_SECONDS (default 20) before the first key and for
# three seconds after each; docs/picture draws the terminal.
set -euo pipefail
[ $# -ge 5 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
program=$(realpath "$1") out=$(realpath "$2") columns=$3 rows=$4 flags=$5
shift 5
socket=picture-$$
trap 'tmux -L "$socket" kill-server 2>/dev/null || true; rm -f "$out.tmp"' EXIT
COLORTERM=truecolor tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" "env -u TMUX TERM=xterm-256color $program $flags"
tmux -L "$socket" set-option -ga terminal-overrides ',*:Tc'
tmux -L "$socket" set-option -g status off
sleep "${PICTURE_SECONDS:-20}"
for key in "$@"; do
  tmux -L "$socket" send-keys "$key"
  sleep 3
done
tmux -L "$socket" capture-pane -e -p | go -C "$(dirname "$0")/picture" run . -columns "$columns" -rows "$rows" >"$out.tmp"
mv "$out.tmp" "$out"
