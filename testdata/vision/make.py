#!/usr/bin/env python3
"""Makes the goldens of resnet/vision with Pillow and torchvision.

    python3 testdata/vision/make.py

writes beside itself
    in/        pictures in every format that the program reads
    decoded/   Pillow's results for them: exif_transpose(im).convert("RGB")
    cropped/   the results of torchvision's Resize and CenterCrop for some
    cases.json which files belong together, and the error that a lossy format may have
    ramp.f32   ToTensor and Normalize of the samples 0 to 255, three channels
and resnet/vision/imagenet.txt, torchvision's category names.
"""
import json
import pathlib
import shutil
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from torchvision import transforms as T
from torchvision.models import ResNet50_Weights
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).resolve().parent
IN, DECODED, CROPPED = HERE / "in", HERE / "decoded", HERE / "cropped"


def picture(w, h, seed=0, noise=0):
    """Rings that get finer outwards, over a gradient: any wrong weight shows."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    r2 = (x - 0.4 * w) ** 2 + (y - 0.6 * h) ** 2
    ring = np.sin(r2 / (0.35 * max(w, h)) + seed)
    p = np.stack([128 + 120 * ring, 255 * x / w, 255 * y / h], -1)
    p[h // 3 : h // 2, w // 4 : w // 2] = 255
    p += np.random.default_rng(seed).normal(0, noise, p.shape) if noise else 0
    return Image.fromarray(np.clip(p, 0, 255).astype(np.uint8), "RGB")


def smooth(w, h):
    """A picture without sharp edges, which lossy formats preserve."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    p = np.stack([128 + 90 * np.sin(x / 4), 128 + 90 * np.cos(y / 5), 128 + 90 * np.sin((x + y) / 7)], -1)
    return Image.fromarray(p.astype(np.uint8), "RGB")


def raw_png(path, pixels, depth, kind, extra=b""):
    """A PNG of sample depths that Pillow can't write; pixels is rows of bytes."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    h, w = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2" if depth == 16 else "u1").tobytes() for row in pixels)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, 0))
                     + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    e[0x010F] = "maker"
    return e


decode, crops = [], []


def golden(name, off=0):
    """Records Pillow's result for in/name; off is the largest difference allowed."""
    with Image.open(IN / name) as im:
        want = ImageOps.exif_transpose(im).convert("RGB")
    out = name.replace(".", "-") + ".png"
    want.save(DECODED / out, optimize=True)
    decode.append({"in": name, "want": out, "off": off})


def save(im, name, off=0, **options):
    im.save(IN / name, **options)
    golden(name, off)


def jpegs():
    im = smooth(37, 29)
    for o in range(1, 9):
        save(im.resize((19, 13)), f"exif{o}.jpg", 2, quality=90, exif=exif(o))
    for name, sampling in {"444": "4:4:4", "422": "4:2:2", "420": "4:2:0"}.items():
        save(im, f"yuv{name}.jpg", 2, quality=92, subsampling=sampling)
    save(smooth(4, 4), "tiny420.jpg", 2, quality=92, subsampling="4:2:0")
    save(im, "progressive.jpg", 2, quality=92, progressive=True)
    save(im.convert("L"), "grey.jpg", 2, quality=92)
    save(im.convert("CMYK"), "cmyk.jpg", 2, quality=95)


def pngs():
    im = picture(23, 17)
    save(im, "rgb.png", optimize=True)
    save(im, "exif6.png", exif=exif(6))
    save(im.convert("L"), "grey.png")
    save(im.convert("1"), "bits1.png")
    for colors in (2, 4, 16, 200):
        save(im.quantize(colors), f"palette{colors}.png")
    save(im.quantize(16), "palette-clear.png", transparency=3)
    rgba = np.dstack([np.array(im), np.arange(23 * 17).reshape(17, 23) % 256]).astype(np.uint8)
    save(Image.fromarray(rgba, "RGBA"), "rgba.png")
    save(Image.fromarray(rgba[..., 2:], "LA"), "la.png")
    save(im.convert("L"), "grey-clear.png", transparency=100)
    save(im, "rgb-clear.png", transparency=(255, 255, 255))
    wide = np.array(im).astype(np.uint32) * 256 + 77
    raw_png(IN / "rgb16.png", wide, 16, 2)
    golden("rgb16.png")
    raw_png(IN / "rgba16.png", np.dstack([wide, wide[..., :1]]), 16, 6)
    golden("rgba16.png")


def bmps_and_gifs():
    im = picture(23, 17)
    save(im, "rgb.bmp")
    save(im.quantize(16), "palette.bmp")
    save(im.convert("L"), "grey.bmp")
    save(im.convert("1"), "bits1.bmp")
    save(im.convert("RGBA"), "rgba.bmp")
    save(im.quantize(16), "palette.gif", interlace=1)
    save(im.quantize(16), "clear.gif", transparency=5)
    save(im.convert("L"), "grey.gif")
    frames = [picture(23, 17, s).quantize(32) for s in (1, 2)]
    frames[0].save(IN / "animated.gif", save_all=True, append_images=frames[1:], duration=50)
    golden("animated.gif")
    small_frame(True)
    small_frame(False)


def small_frame(clear):
    """A GIF whose only frame is smaller than its canvas and has its own palette."""
    name = "frame-clear.gif" if clear else "frame.gif"
    im = picture(9, 7).quantize(8)
    im.save(IN / name, **({"transparency": 2} if clear else {}))
    b = bytearray((IN / name).read_bytes())
    b[6:10] = struct.pack("<HH", 14, 11)  # the canvas
    n = 3 * (2 << (b[10] & 7))
    table, b[13 : 13 + n] = b[13 : 13 + n], b""
    local = b[10] & 7
    b[10] &= 0x7F
    at = b.index(b",\0\0\0\0" + struct.pack("<HH", 9, 7))
    b[at + 1 : at + 5] = struct.pack("<HH", 3, 2)  # position of the frame
    b[at + 9] |= 0x80 | local
    b[at + 10 : at + 10] = table
    (IN / name).write_bytes(b)
    golden(name)


def webps():
    im = smooth(37, 29)
    save(im, "lossy.webp", quality=80)
    save(picture(23, 17), "lossless.webp", lossless=True)
    save(im.resize((19, 13)), "exif8.webp", quality=80, exif=exif(8))
    alpha = Image.fromarray((np.arange(37 * 29).reshape(29, 37) % 256).astype(np.uint8), "L")
    im.putalpha(alpha)
    save(im, "alpha.webp", quality=80)
    frames = [picture(23, 17, s) for s in (1, 2)]
    frames[0].save(IN / "animated.webp", save_all=True, append_images=frames[1:], duration=50)


def tiffs_and_netpbm():
    im = picture(23, 17)
    for name in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        save(im, f"{name}.tif", compression=name)
    save(im.convert("L"), "grey.tif")
    save(im.quantize(16), "palette.tiff")
    save(im, "exif6.tif", exif=exif(6))
    save(im, "rgb.ppm")
    save(im.convert("L"), "grey.pgm")
    samples = (np.array(im).astype(np.uint32) * 99 // 255).astype(np.uint8)
    (IN / "max99.ppm").write_bytes(b"P6 # by hand\n23\t17\n#\n99\n" + samples.tobytes())
    golden("max99.ppm")
    wide = np.array(im).astype(np.uint32) * 256 + 77
    (IN / "wide.ppm").write_bytes(b"P6\n23 17\n65535\n" + wide.astype(">u2").tobytes())
    golden("wide.ppm", 1)  # halves


def crop(name, im, h, w, cover_h, cover_w, channels=3, interpolation="bilinear"):
    """Resize so that cover_h×cover_w is just covered, then crop h×w."""
    src = f"crop-{name}.png"
    im.save(IN / src, optimize=True)
    if channels == 1:
        im = im.convert("L")
    by = T.InterpolationMode(interpolation)
    if cover_h == cover_w:
        im = T.Resize(cover_h, by)(im)
    elif im.width * cover_h <= im.height * cover_w:
        im = F.resize(im, [int(cover_w * im.height / im.width), cover_w], by)
    else:
        im = F.resize(im, [cover_h, int(cover_h * im.width / im.height)], by)
    im = T.CenterCrop((h, w))(im)
    im.save(CROPPED / f"{name}.png", optimize=True)
    crops.append({"in": src, "want": f"{name}.png", "height": h, "width": w,
                  "cover_height": cover_h, "cover_width": cover_w, "channels": channels,
                  "interpolation": interpolation})


def imagenet(name, im, h, w=None, channels=3):
    w = w or h
    crop(name, im, h, w, round(h * 256 / 224), round(w * 256 / 224), channels)


def crop_cases():
    imagenet("up224", picture(64, 48), 224)
    imagenet("near56", picture(97, 61, noise=9), 56)
    imagenet("down20", picture(161, 120), 20)
    imagenet("portrait96", picture(20, 33, noise=20), 96)
    imagenet("wide40x72", picture(123, 77), 40, 72)
    imagenet("tall72x40", picture(77, 78), 72, 40)
    imagenet("odd33", picture(50, 71), 33)
    imagenet("grey32", picture(90, 41, noise=9), 32, channels=1)
    imagenet("dot8", picture(1, 1), 8)
    imagenet("row16", picture(200, 1), 16)
    imagenet("column16", picture(1, 200), 16)
    imagenet("long24", picture(400, 30, noise=9), 24)
    crop("cifar32", picture(32, 32, noise=9), 32, 32, 32, 32)
    crop("cifar41x57", picture(41, 57, noise=9), 32, 32, 32, 32)
    crop("padded", picture(40, 33), 32, 33, 20, 20)
    crop("padded-rows", picture(80, 33), 32, 33, 21, 21)
    crop("resize58", picture(97, 61, noise=9), 56, 56, 58, 58)
    for name, im in {"down": picture(161, 120, noise=9), "up": picture(31, 25), "dot": picture(1, 1)}.items():
        crop(f"bicubic-{name}", im, 48, 48, 51, 51, interpolation="bicubic")
    crop("bicubic-grey", picture(90, 41, noise=9), 30, 44, 31, 46, channels=1, interpolation="bicubic")


def ramp():
    im = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2), "RGB")
    t = T.Compose([T.ToTensor(), T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])
    (HERE / "ramp.f32").write_bytes(t(im).numpy().astype("<f4").tobytes())


def main():
    for d in (IN, DECODED, CROPPED):
        shutil.rmtree(d, ignore_errors=True)
        d.mkdir()
    jpegs()
    pngs()
    bmps_and_gifs()
    webps()
    tiffs_and_netpbm()
    crop_cases()
    ramp()
    (HERE / "cases.json").write_text(json.dumps({"decode": decode, "crop": crops}, indent=1) + "\n")
    names = ResNet50_Weights.IMAGENET1K_V1.meta["categories"]
    (HERE.parents[1] / "resnet/vision/imagenet.txt").write_text("\n".join(names) + "\n")


if __name__ == "__main__":
    main()
