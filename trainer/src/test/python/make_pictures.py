"""Makes the pictures of PictureReaderTest and the pixels that Pillow and NumPy read from them.

    pip install pillow==13.0.0 numpy tifffile imagecodecs
    python make_pictures.py ../resources/pictures

Writes the pictures and expected.txt: a line for each, NAME TOLERANCE CHANNELS HEIGHT WIDTH PIXELS, the last in
zlib's format and base64, [channels][height][width]. The rules are those of the Javadoc of PictureReader.
"""

import base64
import io
import os
import struct
import sys
import zlib

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps

OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)
LINES = []
H, W = 10, 13

rows, columns = np.mgrid[0:H, 0:W]
GREY = (rows * 22 + columns * 4).clip(0, 255).astype(np.uint8)
RGB = np.stack([rows * 25 + columns, columns * 19, 255 - rows * 20 - columns * 3], 2).clip(0, 255).astype(np.uint8)
ALPHA = (columns * 21 % 256).astype(np.uint8)
WIDE = (rows * 6000 + columns * 397 + 129).astype(np.uint16)
down, across = np.mgrid[0:24, 0:24]
SMOOTH = np.stack([20 + 8 * down + across, 200 - 7 * down + across, 60 + 2 * down + 5 * across], 2).astype(np.uint8)


def path(name):
    return os.path.join(OUT, name)


def profiled(image, icc):
    """A picture with a profile as sRGB."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")


def pixels_of(name):
    image = Image.open(path(name))
    image.load()
    icc = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    alpha = None
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif "transparency" in image.info and image.mode in ("1", "L", "RGB"):
        image = image.convert("LA" if image.mode != "RGB" else "RGBA")
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        image = image.convert("L" if image.mode == "LA" else "RGB")
    if image.mode == "1":
        image = image.convert("L")
    if icc:
        grey = image.mode == "L"
        if grey and ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile.xcolor_space.strip() == "RGB":
            image = image.convert("RGB")
        image = profiled(image, icc)
        image = image.convert("L") if grey else image
    if image.mode in ("CMYK", "YCbCr"):
        image = image.convert("RGB")
    if alpha is not None:
        paper = Image.new(image.mode, image.size, "white")
        paper.paste(image, mask=alpha)
        image = paper
    assert image.mode in ("L", "RGB"), (name, image.mode)
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def expect(name, tolerance=0, pixels=None):
    pixels = pixels_of(name) if pixels is None else pixels
    if len(pixels) == 3 and (pixels[0] == pixels[1]).all() and (pixels[0] == pixels[2]).all():
        pixels = pixels[:1]
    LINES.append("%s %d %d %d %d %s" % (name, tolerance, *pixels.shape,
                                    base64.b64encode(zlib.compress(pixels.astype(np.uint8).tobytes(), 9)).decode()))


def save(name, image, tolerance=0, **options):
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path(name), **options)
    expect(name, tolerance)


def write(name, data, tolerance=0, pixels=None, expected=True):
    with open(path(name), "wb") as file:
        file.write(data)
    if expected:
        expect(name, tolerance, pixels)


# PNG, written here: Pillow writes neither all depths nor interlaced files.
def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def scanlines(samples, depth):
    """Rows of samples [rows, columns, bands] with filter 0."""
    lines = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        else:
            bits = np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth:]
            packed = np.packbits(bits.ravel()).tobytes()
        lines += b"\0" + packed
    return lines


def png(samples, depth, colour, extra=b"", interlaced=False):
    samples = samples if samples.ndim == 3 else samples[:, :, None]
    height, width = samples.shape[:2]
    lines = b""
    if interlaced:
        for top, left, down, right in ADAM7:
            part = samples[top::down, left::right]
            lines += scanlines(part, depth) if part.size else b""
    else:
        lines = scanlines(samples, depth)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(lines, 9))
            + chunk(b"IEND", b""))


def spread(samples, depth):
    return (samples.astype(int) * 255 // (2 ** depth - 1))[None]


for depth in (1, 2, 4, 8):
    low = (rows * 3 + columns) % 2 ** depth if depth < 8 else GREY
    for interlaced in (False, True):
        write("grey%d%s.png" % (depth, "-interlaced" if interlaced else ""), png(low, depth, 0, interlaced=interlaced),
              pixels=spread(low, depth))
    palette = np.stack([np.arange(2 ** depth) * 85 % 256, 255 - np.arange(2 ** depth) * 7 % 256,
                        np.arange(2 ** depth) * 41 % 256], 1).astype(np.uint8)
    plte = chunk(b"PLTE", palette.tobytes())
    write("palette%d.png" % depth, png(low, depth, 3, plte))
    write("palette%d-alpha.png" % depth, png(low, depth, 3, plte + chunk(b"tRNS", bytes([0, 100][: 2 ** depth]))))
    write("palette%d-grey.png" % depth, png(low, depth, 3, chunk(b"PLTE", np.repeat(
        np.linspace(0, 255, 2 ** depth).astype(np.uint8)[:, None], 3, 1).tobytes())))
    key = int(low[2, 3])
    write("grey%d-key.png" % depth, png(low, depth, 0, chunk(b"tRNS", struct.pack(">H", key))),
          pixels=np.where(low == key, 255, spread(low, depth)))
write("grey16.png", png(WIDE, 16, 0), pixels=(WIDE >> 8)[None])
write("grey16-interlaced.png", png(WIDE, 16, 0, interlaced=True), pixels=(WIDE >> 8)[None])
write("grey16-key.png", png(WIDE, 16, 0, chunk(b"tRNS", struct.pack(">H", int(WIDE[2, 3])))),
      pixels=np.where(WIDE == WIDE[2, 3], 255, WIDE >> 8)[None])
WIDE_RGB = np.stack([WIDE, WIDE[::-1], WIDE[:, ::-1]], 2)
WIDE_ALPHA = (columns * 5461).astype(np.uint16)


def on_white(colours, alpha):
    """Pillow's paste: the sum, divided by 255 and rounded."""
    return (colours.astype(int) * alpha + 255 * (255 - alpha.astype(int)) + 127) // 255


write("rgb16.png", png(WIDE_RGB, 16, 2))
write("rgb16-interlaced.png", png(WIDE_RGB, 16, 2, interlaced=True))
write("rgb8.png", png(RGB, 8, 2))
write("rgb8-interlaced.png", png(RGB, 8, 2, interlaced=True))
write("rgb8-key.png", png(RGB, 8, 2, chunk(b"tRNS", struct.pack(">3H", *map(int, RGB[2, 3])))))
write("greyalpha8.png", png(np.dstack([GREY, ALPHA]), 8, 4))
write("greyalpha16.png", png(np.dstack([WIDE, WIDE_ALPHA]), 16, 4),
      pixels=on_white(WIDE >> 8, WIDE_ALPHA >> 8)[None])
write("rgba8.png", png(np.dstack([RGB, ALPHA]), 8, 6))
write("rgba8-interlaced.png", png(np.dstack([RGB, ALPHA]), 8, 6, interlaced=True))
write("rgba16.png", png(np.dstack([WIDE_RGB, WIDE_ALPHA]), 16, 6))
write("gamma.png", png(GREY, 8, 0, chunk(b"gAMA", struct.pack(">I", 100000))))
write("animated.png", png(GREY, 8, 0, chunk(b"acTL", struct.pack(">II", 1, 0))
                          + chunk(b"fcTL", struct.pack(">5I2H2B", 0, W, H, 0, 0, 1, 10, 0, 0))))
write("one-pixel.png", png(GREY[:1, 1:2], 8, 0))



# ICC profiles, version 2, of the fewest tags that a display, a grey scale or a printer needs.
def s15(*values):
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def profile(space, kind, tags, pcs=b"XYZ "):
    tags = [(b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)),
            (b"cprt", b"text" + bytes(4) + b"none\0"),
            (b"wtpt", b"XYZ " + bytes(4) + s15(0.9642, 1, 0.8249))] + tags
    table, data = b"", b""
    for name, content in tags:
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    body = struct.pack(">I", len(tags)) + table + data
    head = (struct.pack(">I", 128 + len(body)) + bytes(4) + b"\x02\x10\0\0" + kind + space + pcs
            + struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(24) + bytes(4) + s15(0.9642, 1, 0.8249))
    return head.ljust(128, b"\0") + body


def gamma(value):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256)) + bytes(2)


def matrix(*columns_xyz, curve):
    tags = [(name + b"XYZ", b"XYZ " + bytes(4) + s15(*xyz)) for name, xyz in zip((b"r", b"g", b"b"), columns_xyz)]
    return profile(b"RGB ", b"mntr", tags + [(name + b"TRC", gamma(curve)) for name in (b"r", b"g", b"b")])


P3 = matrix((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841), curve=2.2)
ADOBE_RGB = matrix((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446), curve=2.2)
GREY18 = profile(b"GRAY", b"mntr", [(b"kTRC", gamma(1.8))])
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def printer():
    """A table of 2^4 points from inks to CIELAB (lut8)."""
    head = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + s15(1, 0, 0, 0, 1, 0, 0, 0, 1)
    ramps = bytes(range(256))
    table = b""
    for i in range(16):
        c, m, y, k = i >> 3 & 1, i >> 2 & 1, i >> 1 & 1, i & 1
        light = 1 - k * 0.9
        table += bytes([round((100 - 30 * c - 35 * m - 8 * y) * light * 2.55),
                        round(128 + (-30 * c + 60 * m - 5 * y) * light),
                        round(128 + (-35 * c - 5 * m + 70 * y) * light)])
    return profile(b"CMYK", b"prtr", [(b"A2B0", head + ramps * 4 + table + ramps * 3)], pcs=b"Lab ")


PRINTER = printer()


def iccp(icc):
    return chunk(b"iCCP", b"test\0\0" + zlib.compress(icc, 9))


# Little CMS here and in the JDK round differently.
write("profile-p3.png", png(RGB, 8, 2, iccp(P3)), 2)
write("profile-adobe-rgb.png", png(RGB, 8, 2, iccp(ADOBE_RGB)), 2)
write("profile-p3-alpha.png", png(np.dstack([RGB, ALPHA]), 8, 6, iccp(P3)), 2)
write("profile-srgb.png", png(RGB, 8, 2, iccp(SRGB)), pixels=RGB.transpose(2, 0, 1))
write("profile-grey.png", png(GREY, 8, 0, iccp(GREY18)), 2)
write("profile-srgb-of-grey.png", png(GREY, 8, 0, iccp(SRGB)), pixels=GREY[None])
write("profile-p3-16.png", png(WIDE_RGB, 16, 2, iccp(P3)), 2)

# Exif orientations, in each format that has them.
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save("exif%d.png" % orientation, RGB, exif=exif)
    if orientation in (2, 6, 7):
        save("exif%d.jpg" % orientation, SMOOTH[:, :20], quality=95, exif=exif)
        save("exif%d.webp" % orientation, RGB, lossless=True, exif=exif)
        save("exif%d.tif" % orientation, RGB, exif=exif)

# JPEG.
smooth = Image.fromarray(SMOOTH)
for sampling in ("4:4:4", "4:2:2", "4:2:0"):
    save("baseline-%s.jpg" % sampling.replace(":", ""), smooth, quality=90, subsampling=sampling)
save("progressive.jpg", smooth, quality=90, progressive=True)
save("grey.jpg", smooth.convert("L"), quality=90)
save("grey-progressive.jpg", smooth.convert("L"), quality=90, progressive=True)
save("stored-as-rgb.jpg", smooth, quality=90, keep_rgb=True)
save("cmyk.jpg", smooth.convert("CMYK"), quality=90)
INKS = np.dstack([255 - SMOOTH, np.full((24, 24), 40, np.uint8)])
save("inks.jpg", Image.fromarray(INKS, "CMYK"), quality=90)
# As Adobe's programs do, inks are stored inverted if there is an Adobe segment.
write("ycck.jpg", imagecodecs.jpeg8_encode(255 - INKS, level=92, colorspace="CMYK", outcolorspace="YCCK"))
with open(path("inks.jpg"), "rb") as file:
    data = file.read()
at = data.index(b"\xff\xee")
write("inks-without-adobe.jpg", data[:at] + data[at + 16:])
save("restart.jpg", smooth, quality=90, restart_marker_rows=1)
save("profile-p3.jpg", smooth, 2, quality=95, icc_profile=P3)
save("profile-srgb.jpg", smooth, quality=95, subsampling="4:4:4", icc_profile=SRGB)
save("profile-grey.jpg", smooth.convert("L"), 2, quality=95, icc_profile=GREY18)
save("profile-printer.jpg", smooth.convert("CMYK"), 2, quality=95, icc_profile=PRINTER)
with open(path("baseline-444.jpg"), "rb") as file:
    plain = file.read()
# Without the JFIF segment; with bytes after the end; with another name.
write("no-jfif.jpg", plain[:2] + plain[2 + 18:])
write("bytes-between-segments.jpg", plain[:20] + b"\0\0\0" + plain[20:])
write("bytes-after-the-end.jpg", plain + b"\0 and more")
write("jpeg-named.png", plain)

# GIF.
save("plain.gif", Image.fromarray(RGB).quantize(16))
save("interlaced.gif", Image.fromarray(RGB).quantize(16), interlace=1)
save("transparent.gif", Image.fromarray(RGB).quantize(16), transparency=3)
frames = [Image.fromarray(np.roll(GREY, i, 1)) for i in range(3)]
save("animated.gif", frames[0], save_all=True, append_images=frames[1:])


def smaller_frame(transparent):
    """The first frame covers a part of the screen only."""
    data = bytearray(open(path("plain.gif"), "rb").read())
    data[6:10] = struct.pack("<HH", W + 5, H + 4)
    at = data.index(b",", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    data[at + 1:at + 5] = struct.pack("<HH", 2, 3)
    return bytes(data[:at]) + (b"\x21\xf9\x04\x01\0\0\x02\0" if transparent else b"") + bytes(data[at:])




# BMP, written here: Pillow writes few variants.
def bmp(bits, lines, palette=b"", compression=0, masks=b"", height=H, header=40, alpha_mask=None):
    if header == 12:
        info = struct.pack("<IHHHH", 12, W, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, W, height, 1, bits, compression, len(lines), 2835, 2835,
                           len(palette) // 4 if bits <= 8 else 0, 0)
        if header == 108:
            info += masks + struct.pack("<I", alpha_mask) + b"BGRs" + bytes(48)
            masks = b""
    offset = 14 + len(info) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(lines), 0, 0, offset) + info + masks + palette + lines


def bottom_up(pixels):
    """Rows of bytes, padded to multiples of four, the last one first."""
    return b"".join(row + bytes(-len(row) % 4) for row in reversed([bytes(row) for row in pixels]))


def indices(bits):
    low = (rows * 3 + columns) % 2 ** min(bits, 4)
    expanded = np.unpackbits(low.astype(np.uint8)[:, :, None], axis=2)[:, :, 8 - bits:].reshape(H, -1)
    return np.packbits(expanded, axis=1)


COLOURS = np.stack([np.arange(256) * 37 % 256, np.arange(256) * 91 % 256, np.arange(256)], 1).astype(np.uint8)
quads = np.dstack([COLOURS[None], np.zeros((1, 256, 1), np.uint8)])[0]
for bits in (1, 4, 8):
    write("palette%d.bmp" % bits, bmp(bits, bottom_up(indices(bits)), quads[:2 ** bits].tobytes()))
write("os2.bmp", bmp(8, bottom_up(indices(8)), COLOURS.tobytes(), header=12))
write("top-down.bmp", bmp(24, b"".join(r.tobytes() + bytes(-3 * W % 4) for r in RGB[:, :, ::-1]), height=-H))
write("rgb24.bmp", bmp(24, bottom_up(RGB[:, :, ::-1].reshape(H, -1))))
quad = np.dstack([RGB[:, :, ::-1], np.zeros((H, W), np.uint8)])
write("rgb32.bmp", bmp(32, bottom_up(quad.reshape(H, -1))))
write("rgb32-masks.bmp", bmp(32, bottom_up(quad.reshape(H, -1)), compression=3,
                             masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)))
write("rgba32.bmp", bmp(32, bottom_up(np.dstack([RGB[:, :, ::-1], ALPHA]).reshape(H, -1)), compression=3, header=108,
                        masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF), alpha_mask=0xFF000000))
five = (RGB >> 3).astype(np.uint16)
write("rgb555.bmp", bmp(16, bottom_up((five[:, :, 0] << 10 | five[:, :, 1] << 5 | five[:, :, 2]).view(np.uint8))))
write("rgb565.bmp", bmp(16, bottom_up((five[:, :, 0] << 11 | (RGB[:, :, 1].astype(np.uint16) >> 2) << 5
                                      | five[:, :, 2]).view(np.uint8)), compression=3,
                        masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
RUNS = b"".join(bytes([W - 5, r, 0, 3, 9, 8, 7, 0, 2, r + 1, 0, 0]) for r in range(H)) + b"\0\1"
write("rle8.bmp", bmp(8, RUNS, quads.tobytes(), compression=1))
RUNS4 = b"".join(bytes([W - 4, r * 17, 0, 4, 0x12, 0x34, 0, 0]) for r in range(H)) + b"\0\1"
write("rle4.bmp", bmp(4, RUNS4, quads[:16].tobytes(), compression=2))

# WebP.
save("lossless.webp", RGB, lossless=True)
save("lossless-alpha.webp", np.dstack([RGB, ALPHA]), lossless=True, exact=True)
save("lossy.webp", smooth, quality=90)
save("lossy-alpha.webp", np.dstack([SMOOTH, np.mgrid[0:24, 0:24][1].astype(np.uint8) * 11]), quality=90)
save("profile-p3.webp", RGB, 2, lossless=True, icc_profile=P3)


# TIFF.
def tiff(name, array, tolerance=0, pixels=None, **options):
    tifffile.imwrite(path(name), array, metadata=None, software=None, **options)
    expect(name, tolerance, pixels)


for compression in (None, "lzw", "deflate", "packbits"):
    kind = compression or "plain"
    tiff("grey-%s.tif" % kind, GREY, photometric="minisblack", compression=compression)
    tiff("rgb-%s.tif" % kind, RGB, photometric="rgb", compression=compression)
tiff("predictor.tif", RGB, photometric="rgb", compression="lzw", predictor=2)
tiff("white-is-zero.tif", GREY, photometric="miniswhite", pixels=255 - GREY[None])
tiff("big-endian.tif", WIDE, photometric="minisblack", byteorder=">", pixels=(WIDE >> 8)[None])
tiff("grey16.tif", WIDE, photometric="minisblack", byteorder="<", pixels=(WIDE >> 8)[None])
tiff("grey16-white-is-zero.tif", WIDE, photometric="miniswhite", pixels=((65535 - WIDE) >> 8)[None])
tiff("rgb16.tif", WIDE_RGB, photometric="rgb", pixels=(WIDE_RGB >> 8).transpose(2, 0, 1))
tiff("strips.tif", RGB, photometric="rgb", rowsperstrip=4)
tiff("strips-planar.tif", RGB.transpose(2, 0, 1), photometric="rgb", planarconfig="separate", rowsperstrip=3)
tiff("strips16.tif", WIDE, photometric="minisblack", rowsperstrip=7, pixels=(WIDE >> 8)[None])
tiff("jpeg-own-tables.tif", SMOOTH, photometric="rgb", compression="jpeg", rowsperstrip=16)
tiff("bits12.tif", WIDE >> 4, photometric="minisblack", bitspersample=12, pixels=(WIDE >> 8)[None])
tiff("planar.tif", RGB.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
TILED = np.tile(RGB, (4, 3, 1))
tiff("tiled.tif", TILED, photometric="rgb", tile=(16, 16), compression="deflate")
tiff("big.tif", GREY, photometric="minisblack", bigtiff=True)
tiff("alpha.tif", np.dstack([RGB, ALPHA]), photometric="rgb", extrasamples=["unassalpha"])
tiff("premultiplied.tif", np.dstack([(RGB.astype(int) * ALPHA[:, :, None] // 255).astype(np.uint8), ALPHA]), 1,
     photometric="rgb", extrasamples=["assocalpha"],
     pixels=((RGB.astype(int) * ALPHA[:, :, None] // 255) + 255 - ALPHA[:, :, None]).transpose(2, 0, 1))
tiff("unknown-fourth.tif", np.dstack([RGB, ALPHA]), photometric="rgb", extrasamples=["unspecified"],
     pixels=RGB.transpose(2, 0, 1))
tiff("grey-alpha.tif", np.dstack([GREY, ALPHA]), photometric="minisblack", extrasamples=["unassalpha"],
     planarconfig="contig", pixels=on_white(GREY, ALPHA)[None])
tiff("cmyk.tif", np.asarray(Image.fromarray(RGB).convert("CMYK")), photometric="separated")
tiff("palette.tif", indices(8), photometric="palette", colormap=(COLOURS.T.astype(np.uint16) * 257),
     pixels=COLOURS[indices(8)].transpose(2, 0, 1))
save("bits1.tif", Image.fromarray(GREY > 90))
save("group4.tif", Image.fromarray(GREY > 90), compression="group4")
save("jpeg.tif", smooth, compression="jpeg", quality=90)
save("ycbcr.tif", smooth.convert("YCbCr"), 1)
save("two-pages.tif", Image.fromarray(GREY), save_all=True, append_images=[Image.fromarray(GREY[::-1])])
save("profile-p3.tif", Image.fromarray(RGB), 2, icc_profile=P3)
tiff("bits4.tif", np.asarray((rows * 3 + columns) % 16, np.uint8), photometric="minisblack", bitspersample=4,
     pixels=spread((rows * 3 + columns) % 16, 4))


# What is refused.
os.makedirs(path("refused"), exist_ok=True)


def refused(name, data):
    with open(path(os.path.join("refused", name)), "wb") as file:
        file.write(data)


def cut(name, share):
    data = open(path(name), "rb").read()
    refused("cut-%d-%s" % (share * 100, name), data[:int(len(data) * share)])


for name in ("rgb8.png", "grey8-interlaced.png", "baseline-420.jpg", "progressive.jpg", "grey.jpg", "plain.gif",
             "rgb24.bmp", "rle8.bmp", "lossless.webp", "lossy.webp", "rgb-plain.tif", "rgb-deflate.tif", "tiled.tif"):
    cut(name, 0.3)
    cut(name, 0.9)
refused("empty.png", b"")
refused("text.png", b"no picture\n")
damaged = bytearray(png(RGB, 8, 2))
damaged[60] ^= 1
refused("damaged.png", bytes(damaged))
refused("bomb.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 100000, 100000, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))
refused("bad-profile.png", png(RGB, 8, 2, iccp(b"no profile" * 20)))
refused("profile-of-another-kind.png", png(RGB, 8, 2, iccp(PRINTER)))
Image.fromarray(RGB).save(
    path("refused/profile-lab.jpg"), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())
refused("cicp-pq.png", png(RGB, 8, 2, chunk(b"cICP", bytes([9, 16, 0, 1]))))
for name, array, options in [
        ("float.tif", GREY.astype(np.float32) / 255, {}), ("int32.tif", GREY.astype(np.uint32), {}),
        ("signed.tif", GREY.astype(np.int16), {}), ("lab.tif", RGB, {"photometric": "cielab"})]:
    tifffile.imwrite(path("refused/" + name), array, metadata=None, software=None,
                     **({"photometric": "minisblack"} | options))
Image.fromarray(RGB).save(path("refused/zstandard.tif"), compression="zstd")
tifffile.imwrite(path("refused/five-samples.tif"), np.dstack([RGB, ALPHA, GREY]), metadata=None, software=None,
                 photometric="rgb", extrasamples=["unassalpha", "unspecified"])
# The third strip states one row less than it has.
with open(path("strips.tif"), "rb") as file:
    counts = struct.pack("<HHH", 156, 156, 78)
    refused("short-strip.tif", file.read().replace(counts, struct.pack("<HHH", 156, 156, 39)))
refused("smaller-frame.gif", smaller_frame(False))
refused("smaller-frame-transparent.gif", smaller_frame(True))
Image.fromarray(RGB).save(path("refused/animated.webp"), lossless=True, save_all=True,
                          append_images=[Image.fromarray(RGB[::-1])])
refused("heic.jpg", b"\0\0\0\x18ftypheic" + bytes(20))
refused("avif.png", b"\0\0\0\x18ftypavif" + bytes(20))
with open(path("expected.txt"), "w") as file:
    file.write("\n".join(LINES) + "\n")
