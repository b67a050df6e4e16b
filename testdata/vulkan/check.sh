#!/usr/bin/env bash
# Tests of the Vulkan device without a GPU: on Mesa's lavapipe under validation, whose
# messages fail it, and on SwiftShader.
set -uo pipefail
cd "$(dirname "$0")/../.."

usage() {
  cat <<'END'
usage: testdata/vulkan/check.sh [PART …]
Runs these parts, or all of them in this order:
  shaders     what is committed is what the sources compile to
  objects     validation is on: it objects to what is wrong on purpose
  validated   all tests on lavapipe, under core and synchronisation validation
  bounds      operations on lavapipe, with every access of memory checked
  swiftshader short tests on SwiftShader
  goldens     small nets on lavapipe are PyTorch's
  mutants     shaders that are broken on purpose fail tests
and, if it is named, this one:
  matrices    kernels on matrix units: of fp16 on the newest lavapipe, under validation;
              all of them through the compiler of AMD's driver, without its hardware
Needs Debian's mesa-vulkan-drivers, glslc and chromium, which brings SwiftShader and
the newest validation layer, and mvn for the compiler of kernels on matrix units;
matrices needs root and debootstrap, which makes a folder of Debian's unstable release.
END
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=/usr/lib/chromium
lavapipe=$(ls /usr/share/vulkan/icd.d/lvp_icd*.json | head -1)
cat >"$work/swiftshader.json" <<END
{"file_format_version": "1.0.0", "ICD": {"library_path": "$folder/libvk_swiftshader.so", "api_version": "1.3.0"}}
END
cat >"$work/validation.json" <<END
{"file_format_version": "1.2.0", "layer": {"name": "VK_LAYER_KHRONOS_validation", "type": "GLOBAL",
 "library_path": "$folder/libVkLayer_khronos_validation.so", "api_version": "1.4.0", "implementation_version": "1",
 "description": "Khronos validation"}}
END
core=(VK_LAYER_VALIDATE_SYNC=1 VK_LAYER_SYNCVAL_SHADER_ACCESSES_HEURISTIC=1)
bounds=(VK_LAYER_GPUAV_ENABLE=1)

# tests ICD NAME=VALUE… -- FLAG…: the tests on a driver, in an environment.
tests() {
  local icd=$1 vars=() status
  shift
  while [ "$1" != -- ]; do vars+=("$1") && shift; done
  shift
  (cd tensor/vulkan && env VK_ICD_FILENAMES="$icd" RESNET_TUI_TEST_VULKAN=0 "${vars[@]}" "$work/vulkan.test" "$@") >"$work/log" 2>&1
}

# watched NAME=VALUE… -- FLAG…: the same on lavapipe, under the validation layer.
watched() { tests "$lavapipe" VK_LAYER_PATH="$work" VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation "$@"; }

# The layer says so of features that it turns on for its own use.
settings=WARNING-Setting-Limit-Adjusted

# silent COMMAND…: it succeeds, and the validation layer says nothing.
silent() {
  "$@" || { tail -100 "$work/log"; return 1; }
  if grep 'Validation \(Error\|Warning\)' "$work/log" | grep -qv "$settings"; then
    grep -A3 'Validation \(Error\|Warning\)' "$work/log" | head -60
    return 1
  fi
}

# objection PART MESSAGE NAME=VALUE…: to a part of TestBroken the layer says so.
objection() {
  local part=$1 message=$2
  shift 2
  watched "$@" RESNET_TUI_TEST_BROKEN=1 -- -test.run "^TestBroken\$/^$part\$"
  grep -q "$message" "$work/log" || { echo "validation does not object to $part"; cat "$work/log"; return 1; }
}

shaders() { (cd tensor/vulkan && go run ./gen -check); }

objects() {
  objection leak 'VUID-vkDestroyDevice-device-05137' &&
    objection hazard 'SYNC-HAZARD-READ-AFTER-WRITE' "${core[@]}" &&
    objection bounds 'out of bounds' "${bounds[@]}"
}

validated() { silent watched "${core[@]}" -- -test.timeout 30m; }

# Compilers take minutes for a large convolution with such checks: the test of guard bands
# holds those.
bounds() { silent watched "${bounds[@]}" -- -test.short -test.run 'TestConforms/^(operations|gradients|histograms)$'; }

swiftshader() { silent tests "$work/swiftshader.json" -- -test.short -test.run 'TestConforms|TestTransfers|TestGuards'; }

goldens() {
  VK_ICD_FILENAMES=$lavapipe RESNET_TUI_TEST_VULKAN=0 go test -count=1 -run TestVulkan ./internal/oracle >"$work/log" 2>&1 ||
    { tail -100 "$work/log"; return 1; }
}

mutants() { silent tests "$lavapipe" RESNET_TUI_TEST_MUTANTS=1 -- -test.v -test.run TestMutants && grep -- '--- PASS: .*/' "$work/log"; }

# A folder with the newest Mesa: lavapipe multiplies matrices since version 26.
matrices() {
  local root=$work/unstable lib=/usr/lib/x86_64-linux-gnu icd=/usr/share/vulkan/icd.d
  debootstrap --variant=minbase --include=mesa-vulkan-drivers,vulkan-validationlayers,libvulkan1,mesa-drm-shim \
    unstable "$root" >"$work/log" 2>&1 || { tail "$work/log"; return 1; }
  cp "$work/vulkan.test" "$root/"
  silent inside "$root" VK_DRIVER_FILES=$icd/lvp_icd.json VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation "${core[@]}" \
    -- -test.run 'TestMatri|TestCheck$|TestConforms/^precision$' -test.short -test.timeout 30m &&
    silent inside "$root" VK_DRIVER_FILES=$icd/radeon_icd.json AMDGPU_GPU_ID=gfx1201 LD_PRELOAD=$lib/libamdgpu_noop_drm_shim.so \
      -- -test.run TestMatrixKernelsCompile -test.v &&
    grep -q 'bf16.*fp16' "$work/log" || { echo "the kernels of bf16 were not compiled"; return 1; }
}

# inside ROOT NAME=VALUE… -- FLAG…: the tests in another root.
inside() {
  local root=$1 vars=()
  shift
  while [ "$1" != -- ]; do vars+=("$1") && shift; done
  shift
  chroot "$root" env RESNET_TUI_TEST_VULKAN=0 XDG_RUNTIME_DIR=/tmp "${vars[@]}" /vulkan.test "$@" >"$work/log" 2>&1
}

case "${1:-}" in -h | --help) usage && exit ;; esac
go test -c -o "$work/vulkan.test" ./tensor/vulkan || exit 1
[ $# -gt 0 ] || set -- shaders objects validated bounds swiftshader goldens mutants
for part in "$@"; do
  start=$SECONDS
  "$part" || { echo "FAIL  $part"; exit 1; }
  printf 'ok    %-12s %4d s\n' "$part" $((SECONDS - start))
done
