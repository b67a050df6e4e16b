#!/usr/bin/env bash
# avx512.sh VMLINUZ TEST_BINARY [test flags]: see README.md beside this file.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "usage: avx512.sh VMLINUZ TEST_BINARY [test flags]" >&2; exit 2; }
for tool in bochs xorriso cpio go; do
  command -v "$tool" >/dev/null || { echo "avx512.sh: $tool is missing; README.md lists the packages" >&2; exit 2; }
done
kernel=$(realpath "$1") binary=$(realpath "$2")
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/root/{dev,proc,tmp} "$work"/iso/isolinux
(cd "$here/init" && CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -o "$work/root/init" .)
cp "$binary" "$work/root/test"
printf '%s\n' "$@" >"$work/root/flags"
cd "$work"
(cd root && find . | cpio -o -H newc 2>/dev/null) | gzip -1 >iso/initrd.gz
cp "$kernel" iso/vmlinuz
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 iso/isolinux/
cat >iso/isolinux/isolinux.cfg <<CFG
DEFAULT linux
PROMPT 0
LABEL linux
 KERNEL /vmlinuz
 INITRD /initrd.gz
 APPEND console=ttyS0 mitigations=off tsc=reliable panic=1 quiet
CFG
xorriso -as mkisofs -quiet -o boot.iso -b isolinux/isolinux.bin -c isolinux/boot.cat \
  -no-emul-boot -boot-load-size 4 -boot-info-table iso 2>/dev/null
cat >bochsrc <<CFG
display_library: rfb, options="timeout=0"
megs: 2048
cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1
clock: sync=none
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path=boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial.txt
log: bochs.log
CFG
echo c | timeout "${EMULATE_SECONDS:-1800}" bochs -q -f bochsrc >bochs.out 2>&1 || true
tr -d '\r' <serial.txt
status=$(sed -n 's/^tests ended with status \([0-9]*\).*/\1/p' serial.txt | tail -n 1)
exit "${status:-1}"
