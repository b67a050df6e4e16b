#!/usr/bin/env bash
# Drives the program in a real terminal: sends keys, and checks what the screen shows and
# the exit status. Usage: testdata/e2e/screen.sh PATH-TO-resnet-tui
set -euo pipefail
export LC_ALL=C.UTF-8

binary=$(realpath "${1:?usage: $0 PATH-TO-resnet-tui}")
command -v tmux >/dev/null || { echo "skipped: tmux is not installed"; exit 0; }
dir=$(mktemp -d)
socket="$dir/tmux"

tm() { tmux -S "$socket" -f /dev/null "$@"; }
cleanup() { tm kill-server 2>/dev/null || true; rm -rf "$dir"; }
trap cleanup EXIT

# start WIDTH HEIGHT ARGUMENTS... runs the program on a fresh terminal; its
# exit status goes to $dir/status.
start() {
	local w=$1 h=$2
	shift 2
	# A server that is still shutting down would end the new session too.
	if tm kill-server 2>/dev/null; then sleep 0.5; fi
	rm -f "$dir/status"
	tm new-session -d -s e2e -x "$w" -y "$h" "TERM=tmux-256color $(printf '%q ' "$binary" "$@"); echo \$? >$dir/status; echo; echo the shell is back; sleep 600"
}

shown() { tm capture-pane -p -t e2e; }
keys() { tm send-keys -t e2e "$@"; }
# escape presses Esc and waits: with a key right after it, it would be read as Alt.
escape() { keys Escape; sleep 0.3; }

# await SECONDS REGEX polls until the screen shows it.
await() {
	local end=$((SECONDS + $1))
	until shown | grep -qE -- "$2"; do
		if ((SECONDS > end)); then
			echo "FAILED: /$2/ does not appear within $1 s on"
			shown
			exit 1
		fi
		sleep 0.05
	done
}

# ended STATUS waits for the program to exit with STATUS, and checks that it has
# restored the terminal.
ended() {
	local end=$((SECONDS + 10))
	until [[ -s $dir/status ]]; do
		((SECONDS <= end)) || { echo "FAILED: the program does not end"; shown; exit 1; }
		sleep 0.05
	done
	[[ $(<"$dir/status") == "$1" ]] || { echo "FAILED: exit status $(<"$dir/status"), want $1"; shown; exit 1; }
	await 5 'the shell is back'
}

# mouse BUTTON X Y presses a button (0 left, 64 and 65 the wheel) on a cell, from 1.
mouse() { keys -l $'\e['"<$1;$2;$3M"; }

# view NAME switches to a view by the key in its tab.
view() {
	await 5 "[0-9DT] $1"
	keys "$(shown | grep -oE "[0-9DT] $1" | head -1 | cut -c1)"
}

# lesion KEY chooses a lesion from the menu of layer1.0, in the tree.
lesion() {
	keys / l a y e r 1 . 0 Enter
	await 5 '/layer1.0 +[0-9]+ of [0-9]+ rows'
	keys g Down Down
	escape
	keys x
	await 5 'lesion in layer1.0'
	keys "$1"
}

net=(--arch cifar_resnet20 --size 64)

start 120 24 "${net[@]}"
await 10 'layer1 +3 blocks'
await 60 '● forward.*img/s'
keys Space
await 10 'paused'
keys s
await 60 'step 1/'
await 5 ' mean +std'
keys s s
await 20 'step 3/'
keys Space
await 60 '● forward'
keys ]
await 60 '2×3×64×64'
keys [
await 60 '1×3×64×64'
keys f
await 60 'forward unfused'
keys f
await 60 '● forward .*[0-9k] img/s'
keys / c o n v 2 Enter
await 5 '/conv2 +9 of [0-9]+ rows'
keys n
escape
keys o
await 5 'module▾'
escape
keys '?'
await 5 'keys . Layers'
await 5 'double the batch'
escape
view Timeline
keys /
await 5 'works in 1 Layers and . Compare'
keys '['
await 5 'the batch is one image already'
for name in Timeline Gradients Memory See Compare Device; do
	view $name
	sleep 0.2
done
await 5 'kernels '
view Weights
await 20 'outputs of 2[0-9] layers'
await 5 'output layer.*'
keys v
await 10 'weights of 20 layers'
view Similarity
await 5 'not measured yet: r'
keys r
await 60 'CKA.* · cifar_resnet20 · 32 images of seeded noise'
view Findings
await 5 'not diagnosed yet: r weighs'
keys r
await 60 'proof resnet-tui|nothing is wrong by the [0-9]+ rules'
view See
await 60 'seeded noise, no picture +Grad-CAM . layer'
await 5 'p +class'
keys m
await 60 ' gradient'
keys m m m m
await 60 'Grad-CAM . layer'
mouse 0 10 8
await 60 'sees [0-9]+×[0-9]+'
await 60 '░'
view Layers
await 10 ' Δ'
view See
await 60 '░'
escape
view Gradients
await 5 'no backward pass has run'
keys b
await 60 'forward . backward'
await 60 'via skip +via branch'
keys p
await 60 'twin'
keys L
await 120 'sum − gradient: [0-9.e-]+ of it'
view Compare
await 60 'cifar_plain20'
await 20 'no σ: with the batch'
keys p
await 60 'puts the net without skips beside this one'
view Layers
lesion 2
await 60 'branch dropped'
await 60 'KL +[0-9.]+ nats'
keys X
await 60 'module +output|module +forward'
keys x
await 5 'lesion in layer1.0'
row=$(shown | grep -n '2  drop the branch' | cut -d: -f1)
mouse 0 50 "$row"
await 60 'branch dropped'
keys X
await 60 'module +output|module +forward'
keys x
await 5 'lesion in layer1.0'
mouse 0 1 20
await 5 '▾    cifar_resnet20 '
keys b
await 60 '● forward .*[0-9k] img/s'
tm resize-window -t e2e -x 60 -y 15
await 10 'space pause +s step'
keys '?'
await 5 '[0-9]+ more lines'
keys G
await 5 'the end'
escape
tm resize-window -t e2e -x 40 -y 12
keys 1 BTab # the last
await 10 '‹.* . Device'
keys 1
tm resize-window -t e2e -x 20 -y 5
await 10 'layer1|layer2|lay…'
tm resize-window -t e2e -x 19 -y 4
await 10 'needs 20×5'
tm resize-window -t e2e -x 120 -y 24
await 10 ' module +output'
keys q
ended 0

start 20 5 "${net[@]}"
await 60 ' [0-9.]+ (µs|ms)'
keys C-c
ended 0

# Included weights: their images have classes, and their twin has its own weights.
start 160 40 --weights builtin:fashion-resnet20
await 60 '● forward.*img/s'
keys p
view Compare
await 60 'twin builtin:fashion-plain20 +residual . +plain'
view Layers
lesion 1
await 60 'skip cut'
await 60 'right +[0-9]+ → [0-9]+ of 10'
keys q
ended 0

# A recorded training step opens again without the engine, with its gradients.
"$binary" profile "${net[@]}" --backward --runs 3 --warmup 1 --no-history --format json -o "$dir/step.json" 2>/dev/null
start 120 24 open "$dir/step.json"
await 20 'recorded 20'
view Gradients
await 10 'via skip +via branch'
await 5 'loss [0-9.]+'
keys b
await 5 'there is no net here that could run'
keys q
ended 0

# Two recordings are compared.
start 120 24 open "$dir/step.json" "$dir/step.json"
await 20 'a pass: .*within noise'
keys q
ended 0

start 80 24 "${net[@]}"
keys q # as early as possible
ended 0

# A Vulkan device, such as Mesa's software renderer: its kernels are checked first.
if "$binary" info --format json | grep '"vulkan:0"' >/dev/null; then
	start 120 30 --arch cifar_resnet8 --size 8 --device vulkan:0
	await 120 'vulkan:0 .*● forward'
	view Device
	await 5 'driver +[[:alpha:]]'
	await 5 'memory +[[:digit:].]+ .* of the host'
	keys b # its backward passes
	await 60 'forward \+ backward'
	keys q
	ended 0
fi

# Stopped, the window is made smaller, then larger again: nothing of the screen stays.
if tm kill-server 2>/dev/null; then sleep 0.5; fi
tm new-session -d -s e2e -x 120 -y 30 "PS1='> ' TERM=tmux-256color bash --norc"
tm set -g window-size manual
keys "$(printf '%q ' "$binary" "${net[@]}")" Enter
await 60 '● forward'
keys C-z
await 5 'Stopped'
tm resize-window -t e2e -x 80 -y 24
keys fg Enter
await 10 '● forward'
tm resize-window -t e2e -x 120 -y 30
await 10 'GFLOP/s'
keys q
await 10 '^>$'
if shown | grep -q 'avgpool'; then echo "FAILED: the tree is left in the shell"; shown; exit 1; fi

start 80 24 --depth 51
ended 2

echo "the screen works end to end"
