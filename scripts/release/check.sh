#!/usr/bin/env bash
# Checks the archives that a release wrote: their sums, their content, and that
# the program for this machine runs from its archive.
#   scripts/release/check.sh FOLDER VERSION
set -euo pipefail
folder=$(cd "$1" && pwd) version=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*" >&2; exit 1; }

# content PROGRAM: what every archive holds.
content() {
  printf '%s\n' CHANGELOG.md LICENSE README.md THIRD_PARTY_LICENSES.txt \
    completions/_resnet-tui completions/resnet-tui.{bash,fish,ps1} man/resnet-tui.1 "$1" | LC_ALL=C sort
}

cd "$folder"
sha256sum --check --strict --quiet SHA256SUMS
targets=(linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64 windows-arm64)
[ "$(wc -l <SHA256SUMS)" = ${#targets[@]} ] || fail "SHA256SUMS doesn't have ${#targets[@]} archives"

for target in "${targets[@]}"; do
  name=resnet-tui-$version-$target
  case $target in
  windows-*) listing=$(unzip -Z1 "$name.zip") program=resnet-tui.exe ;;
  *) listing=$(tar tzf "$name.tar.gz") program=resnet-tui ;;
  esac
  diff <(content $program | sed "s|^|$name/|") <(echo "$listing") || fail "$name holds something else"
  echo "ok $name"
done

host=$(go env GOOS)-$(go env GOARCH)
name=resnet-tui-$version-$host
tar xzf "$name.tar.gz" -C "$work"
cd "$work/$name"
export HOME=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work
for words in "Go [0-9]" charm.land/bubbletea/v2 golang.org/x/sys gonum.org/v1/gonum LICENSE.fashion-mnist LICENSE.torchvision; do
  grep -qE "^.*$words" THIRD_PARTY_LICENSES.txt || fail "no license of $words"
done
./resnet-tui --version | grep -qF "$version" || fail "the program doesn't say that it is $version"
./resnet-tui run --arch cifar_resnet20 --format json | grep -q '"logits"' || fail "the program computed no logits"
grep -q '^\.TH RESNET-TUI' man/resnet-tui.1 || fail "the manual page has no heading"
bash -n completions/resnet-tui.bash
echo "ok the program of $host runs from its archive"
