"""Makes the Parquet, tar and NumPy files of OwnShardsTest and OwnImagesTest.

    pip install pillow==13.0.0 numpy pyarrow==26.0.1
    python make_shards.py ../resources/shards

Image i of n is 4 x 6; its pixel (row, column) is (20 i + 6 row + column) modulo 256, in colour 1 more for green and 2
more for blue. Its class is the name or number i modulo 3. The NumPy files have the levels 0 to 255.
"""

import gzip
import io
import json
import os
import sys
import tarfile
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)
COUNT = 12
GREY = (np.arange(COUNT)[:, None, None] * 20 + np.arange(24).reshape(4, 6)).astype(np.uint8)
COLOUR = GREY[..., None] + np.arange(3, dtype=np.uint8)
LABELS = np.arange(COUNT) % 3
NAMES = ["ant", "bee", "cat"]


def png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "png")
    return out.getvalue()


def write(name, columns, **options):
    pq.write_table(pa.table(columns), os.path.join(OUT, name), **options)


FILES = pa.array(
    [{"bytes": png(grey), "path": f"{i}.png"} for i, grey in enumerate(GREY)],
    pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
)
for codec in ["snappy", "zstd", "gzip", "lz4", "none", "brotli"]:
    write(f"{codec}.parquet", {"image": FILES, "label": LABELS}, compression=codec, row_group_size=5)
write("pages2.parquet", {"image": FILES, "label": LABELS}, data_page_version="2.0")
write("bytes.parquet", {"img": [png(grey) for grey in GREY], "label": [NAMES[i] for i in LABELS]})
write("rows.parquet", {"image": pa.array(GREY.tolist(), pa.list_(pa.list_(pa.uint8()))), "label": LABELS})
write("dark.parquet", {"image": (GREY % 2).tolist(), "label": LABELS})
write("floats.parquet", {"pixels": (GREY / 255).tolist()})
write("half.parquet", {"pixels": pa.array((GREY / 255).astype(np.float16).tolist(), pa.list_(pa.list_(pa.float16())))})
DECIMALS = pa.array([[[Decimal(1), Decimal(2)]]] * 2, pa.list_(pa.list_(pa.decimal128(5, 2))))
write("decimal.parquet", {"pixels": DECIMALS}, store_decimal_as_integer=True)
write("colour.parquet", {"image": COLOUR.tolist()})
write("planes.parquet", {"image": COLOUR.transpose(0, 3, 1, 2).tolist()})
write("flat.parquet", {"image": GREY.reshape(COUNT, 24).tolist()})
write("ragged.parquet", {"image": [[[1, 2], [3]], [[1, 2], [3, 4]]]})
write("paths.parquet", {"image": pa.array([{"bytes": None, "path": "a.png"}] * 2, FILES.type)})
write("unlabelled.parquet", {"image": FILES, "label": [None] + [1] * (COUNT - 1)})
FEW = FILES.slice(0, 3)
write("unsigned.parquet", {"image": FEW, "label": pa.array([4_000_000_000, 7, 4_000_000_000], pa.uint32())})
write("prices.parquet", {"image": FEW, "label": pa.array([Decimal("1.5")] * 3, pa.decimal128(25, 2))})
described = pa.table({"image": FILES, "label": LABELS}).replace_schema_metadata(
    {"huggingface": json.dumps({"info": {"features": {"label": {"names": NAMES, "_type": "ClassLabel"}}}})}
)
for part in ["train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"]:
    os.makedirs(os.path.join(OUT, "hub"), exist_ok=True)
    pq.write_table(described, os.path.join(OUT, "hub", part + ".parquet"))

for name, form in [("pax", tarfile.PAX_FORMAT), ("gnu", tarfile.GNU_FORMAT)]:
    # Packed, as a tar file is mostly zeros; the test unpacks it.
    packed = gzip.GzipFile(os.path.join(OUT, name + ".tar.gz"), "wb", mtime=0)
    with packed, tarfile.open(fileobj=packed, mode="w", format=form) as tar:
        for i, grey in enumerate(GREY):
            for end, content in [("png", png(grey)), ("cls", str(LABELS[i]).encode()), ("json", b"{}")]:
                end = end.upper() if i % 2 else end
                entry = tarfile.TarInfo("a/long folder " * 8 + f"{i:05d}.{end}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))

ALL = np.arange(256).reshape(2, 16, 8)
np.save(os.path.join(OUT, "half.npy"), (ALL / 255).astype("<f2"))
np.save(os.path.join(OUT, "half-levels.npy"), ALL.astype(">f2"))
