#!/usr/bin/env bash
# Takes the program and its GPU tests to a machine with an NVIDIA GPU that has neither Go nor network, and runs them.
#
#   testdata/versus/gpu.sh pack FOLDER         here: builds and collects all that is needed, at most 64 MB
#   testdata/versus/gpu.sh run STAGE…          there, in FOLDER: on its GPU, within nine minutes
#   testdata/versus/gpu.sh rehearse STAGE…     here, in FOLDER: on a software renderer, with small nets. Shows that
#                                              the stages work; what they print is no measurement
# Stages, in the order in which they are of use:
#   correct      the tests of the Vulkan device
#   validate     the short ones under the validation layer: core and synchronisation, then the bounds of each access
#   table        ResNet-50's layers, of a step with 64 images and of one image: time, and share of the peak against
#                the expected one
#   infer, train, infer-bf16, train-bf16
#                gpu.py: against PyTorch, with batches of 1, 8 and 64
#   speed        these four, as far as time allows
#
# Logs and figures go to the folder $OUT (default: ./out), the end of each to stdout. It exits with 1 if a stage
# failed. Several stages in one call share the nine minutes. Environment: PYTHON (default python3) must have PyTorch
# for CUDA; LIMIT, in seconds (540); BATCHES (1,8,64) of the comparisons; VK_DRIVER_FILES to choose drivers.
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin # ldconfig
usage() { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//'; }
die() { echo "gpu.sh: $*" >&2; exit 2; }

# --- pack ---------------------------------------------------------------------------------------------------------

# Libraries that a machine with the driver alone may lack: the Vulkan loader, and what NVIDIA's driver links to.
packages=(libvulkan1 libglvnd0 libegl1 libgl1 libglx0 libgles2 libopengl0)

pack() {
  local to
  mkdir -p "$1" && to=$(cd "$1" && pwd) || exit 2
  [ -z "$(ls -A "$to")" ] || die "pack: $to is not empty"
  cd "$here" || exit 2
  export CGO_ENABLED=0 GOOS=linux GOARCH=amd64
  mkdir -p "$to"/{docs,layer,lib,testdata/oracle,testdata/versus,tensor/vulkan}
  go build -trimpath -ldflags "-s -w" -o "$to/resnet-tui" ./cmd/resnet-tui &&
    go test -trimpath -ldflags "-s -w" -c -o "$to/tensor/vulkan/vulkan.test" ./tensor/vulkan || exit 1
  [ ! -d tensor/vulkan/testdata ] || cp -r tensor/vulkan/testdata "$to/tensor/vulkan/"
  cp testdata/versus/gpu* "$to/testdata/versus/" && cp testdata/oracle/nets.py "$to/testdata/oracle/" || exit 1
  cp docs/gpu.md "$to/docs/" || exit 1
  libraries "$to/lib" || echo "gpu.sh: no Vulkan loader is packed: the machine must have one" >&2
  layer "$to/layer" || echo "gpu.sh: no validation layer is packed: there will be no validate" >&2
  local mb
  mb=$(du -sm --apparent-size "$to" | cut -f1)
  echo "$to: $mb MB"
  [ "$mb" -le 64 ] || die "pack: more than 64 MB"
}

# libraries FOLDER: from Debian's packages, under the names by which they are linked.
libraries() {
  local work status=0
  work=$(mktemp -d)
  (cd "$work" && apt-get download -qq "${packages[@]}" && for f in *.deb; do dpkg-deb -x "$f" . || exit 1; done) &&
    find "$work" -type l -name '*.so.*' -exec cp -L {} "$1/" \; && [ -e "$1/libvulkan.so.1" ] || status=1
  rm -rf "$work"
  return $status
}

# layer FOLDER: the newest at hand is Chromium's; Debian's own is older, and doesn't know what a new driver can do.
layer() {
  local name=libVkLayer_khronos_validation.so found
  for found in /usr/lib/chromium/$name /usr/lib/x86_64-linux-gnu/$name; do
    [ -e "$found" ] || continue
    cp "$found" "$1/" && cat >"$1/VkLayer_khronos_validation.json" <<JSON
{"file_format_version": "1.2.0", "layer": {"name": "VK_LAYER_KHRONOS_validation", "type": "GLOBAL",
 "library_path": "./$name", "api_version": "1.3.0", "implementation_version": "1",
 "description": "Khronos validation layer"}}
JSON
    return
  done
  return 1
}

# --- run ----------------------------------------------------------------------------------------------------------

prepare() {
  [ -x "$here/resnet-tui" ] || die "nothing is packed in $here: gpu.sh pack FOLDER, and then run FOLDER/testdata/versus/gpu.sh"
  cd "$here" || exit 2
  OUT=${OUT:-$here/out}
  mkdir -p "$OUT" home && OUT=$(cd "$OUT" && pwd) || exit 2
  export OUT XDG_CACHE_HOME=$here/home XDG_STATE_HOME=$here/home XDG_CONFIG_HOME=$here/home
  python=${PYTHON:-python3} deadline=$((SECONDS + ${LIMIT:-540})) failed=()
  if ! ldconfig -p | grep -q 'libvulkan\.so\.1'; then
    export LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  fi
  if [ "$verb" = run ]; then driver; else renderer; fi
  device
}

# driver finds NVIDIA's manifest where the loader doesn't look, or writes one.
driver() {
  [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] || return 0
  local found
  for found in {/etc,/usr/share,/usr/local/share}/vulkan/icd.d/nvidia_icd*.json; do
    [ ! -e "$found" ] || return 0
  done
  for found in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd*.json /opt/nvidia/share/vulkan/icd.d/nvidia_icd*.json; do
    [ -e "$found" ] && export VK_DRIVER_FILES=$found VK_ICD_FILENAMES=$found && return 0
  done
  for found in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    ldconfig -p | grep -qF "$found" || continue
    echo "{\"file_format_version\": \"1.0.0\", \"ICD\": {\"library_path\": \"$found\", \"api_version\": \"1.3.0\"}}" >home/nvidia_icd.json
    export VK_DRIVER_FILES=$here/home/nvidia_icd.json VK_ICD_FILENAMES=$here/home/nvidia_icd.json
    return 0
  done
  die "NVIDIA's Vulkan driver (libGLX_nvidia.so.0) is not installed; in a container, NVIDIA_DRIVER_CAPABILITIES must include graphics"
}

# renderer finds Mesa's software renderer.
renderer() {
  echo "REHEARSAL ON A SOFTWARE RENDERER, NO MEASUREMENT"
  local found
  for found in /usr/share/vulkan/icd.d/lvp_icd*.json; do
    [ -e "$found" ] && export VK_DRIVER_FILES=$found VK_ICD_FILENAMES=$found && return 0
  done
  die "rehearse needs Mesa's software renderer: apt-get install mesa-vulkan-drivers"
}

# device sets number to that of the GPU that is tested, and says what it is.
device() {
  [ "$verb" = rehearse ] || nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
  ./resnet-tui info --format json >"$OUT/info.json" || die "resnet-tui info failed"
  number=$("$python" - "$verb" "$OUT/info.json" <<'PY'
import json, sys
info = json.load(open(sys.argv[2]))
found = [d for d in info["devices"] if d["id"].startswith("vulkan:")]
for d in found:
    print("  ".join([d[k] for k in ("id", "name", "kind", "driver") if d.get(k)] + d["precisions"]), file=sys.stderr)
print("auto takes %(device)s: %(why)s" % info["auto"], file=sys.stderr)
numbers = [d["id"][len("vulkan:"):] for d in found if (d["kind"] == "software") == (sys.argv[1] == "rehearse")]
if not numbers:
    sys.exit("no Vulkan device of a GPU: %s" % (info.get("vulkan") or {}).get("reason", "there are software renderers only"))
print(numbers[0])
PY
  ) || die "there is nothing to run on"
}

# within NAME COMMAND…: runs it until the deadline, with its output in $OUT/NAME.log, and notes if it failed.
within() {
  local name=$1 left=$((deadline - SECONDS)) start=$SECONDS status
  shift
  rm -f "$OUT/$name.log"
  if [ $left -lt 10 ]; then
    echo "$name: not begun: time is up"
    failed+=("$name")
    return 1
  fi
  timeout -k 10 $left "$@" >"$OUT/$name.log" 2>&1
  status=$?
  echo "$name: $([ $status = 0 ] && echo passed || echo "FAILED, exit $status$([ $status = 124 ] && echo ', time is up')"), $((SECONDS - start)) s"
  [ $status = 0 ] || failed+=("$name")
  return $status
}

# ending NAME LINES: of a log, if the stage was begun.
ending() { [ ! -e "$OUT/$1.log" ] || tail -n "$2" "$OUT/$1.log"; }

# tests NAME ARGUMENT…: the tests of the device, in their folder.
tests() {
  local name=$1
  shift
  within "$name" env -C tensor/vulkan RESNET_TUI_TEST_VULKAN="$number" ./vulkan.test -test.v "$@"
  ending "$name" +1 | grep -E '^--- |^ *--- (FAIL|SKIP)|^(FAIL|panic:)|cases$' | tail -40
}

correct() {
  if [ "$verb" = run ]; then tests correct; else tests correct -test.short; fi
}

# A message of the layer is a failure, also where the tests pass. The layer makes them slow: they are the short ones.
validate() {
  [ -e layer/VkLayer_khronos_validation.json ] || die "validate: no validation layer was packed"
  export VK_LAYER_PATH=$here/layer VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
  export VK_LAYER_VALIDATE_SYNC=1 VK_LAYER_SYNCVAL_SHADER_ACCESSES_HEURISTIC=1
  objection leak VUID-vkDestroyDevice-device-05137
  objection hazard SYNC-HAZARD-READ-AFTER-WRITE
  tests validate -test.short
  silent validate
  unset VK_LAYER_VALIDATE_SYNC VK_LAYER_SYNCVAL_SHADER_ACCESSES_HEURISTIC
  export VK_LAYER_GPUAV_ENABLE=1
  objection bounds 'out of bounds'
  local operations='TestConforms/^(operations|gradients|residual_plans|steps)$'
  [ "$verb" = run ] || operations='TestConforms/^operations$' # the layer's own code is slow on a CPU
  tests validate-bounds -test.short -test.run "$operations"
  silent validate-bounds
  unset VK_LAYER_PATH VK_INSTANCE_LAYERS VK_LAYER_GPUAV_ENABLE
}

# objection PART MESSAGE: the layer is on and sees what a part of TestBroken does on purpose.
objection() {
  env -C tensor/vulkan RESNET_TUI_TEST_VULKAN="$number" RESNET_TUI_TEST_BROKEN=1 \
    timeout 60 ./vulkan.test -test.run "^TestBroken\$/^$1\$" >"$OUT/objection.log" 2>&1
  grep -q "$2" "$OUT/objection.log" ||
    { echo "validate: the layer doesn't object to a $1: $(tail -3 "$OUT/objection.log")"; failed+=("objection to a $1"); }
}

# silent NAME: the layer had nothing to say, but of features that it turns on for its own use.
silent() {
  local said
  [ -e "$OUT/$1.log" ] || return
  said=$(grep -A3 'Validation \(Error\|Warning\)' "$OUT/$1.log" | grep -v WARNING-Setting-Limit-Adjusted)
  if grep -q 'Validation \(Error\|Warning\)' <<<"$said"; then
    failed+=("$1")
    head -60 <<<"$said"
  else
    echo "$1: the layer was silent"
  fi
}

# layers NAME LINES FLAG…
layers() {
  local name=$1 lines=$2
  shift 2
  within "$name" "$python" testdata/versus/gpu_table.py --ours ./resnet-tui --device "vulkan:$number" \
    -o "$OUT/$name.json" "$@"
  ending "$name" "$lines"
}

table() {
  if [ "$verb" = rehearse ]; then
    layers table 80 --arch cifar_resnet8 --batch 2 --runs 5 --backward
    return
  fi
  layers table-1 90 --batch 1 --expected docs/gpu.md
  layers table-64 250 --batch 64 --backward --expected docs/gpu.md
}

# compare NAME TASK PRECISION
compare() {
  local left=$((deadline - SECONDS)) flags=(--batch "${BATCHES:-1,8,64}" --device "vulkan:$number")
  [ "$verb" = run ] || flags=(--self-test --device "vulkan:$number")
  within "$1" "$python" testdata/versus/gpu.py "$2" --ours ./resnet-tui --precision "$3" --limit $((left * 2 / 3)) \
    -o "$OUT/$1.json" "${flags[@]}"
  ending "$1" 60
}

infer() { compare infer infer fp32; }
train() { compare train train fp32; }
infer-bf16() { compare infer-bf16 infer bf16; }
train-bf16() { compare train-bf16 train bf16; }
speed() { infer; train; infer-bf16; train-bf16; }

verb=${1:-}
case $verb in
pack)
  [ $# = 2 ] || die "pack: into which folder?"
  pack "$2"
  ;;
run | rehearse)
  shift
  [ $# -gt 0 ] || die "$verb: which stages? gpu.sh -h lists them"
  for stage; do
    [[ " correct validate table infer train infer-bf16 train-bf16 speed " == *" $stage "* ]] ||
      die "no stage is called $stage; gpu.sh -h lists them"
  done
  prepare
  for stage; do
    "$stage"
  done
  [ ${#failed[@]} = 0 ] || { echo "FAILED: ${failed[*]}"; exit 1; }
  echo "all passed"
  ;;
-h | --help) usage ;;
*) usage >&2 && exit 2 ;;
esac
