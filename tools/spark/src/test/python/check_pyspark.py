"""Writes, recalls and calls the SQL functions from PySpark, and compares with plain calls of the runtime."""

import gzip
import json
import sys
from array import array

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

jars, bundle, images = sys.argv[1:]
with gzip.open(images) as stream:
    stream.seek(16)
    pixels = [stream.read(784) for _ in range(12)]

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", jars)
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
jvm = spark._jvm
kanerva_spark = jvm.io.kanerva.spark
runtime = jvm.io.kanerva.runtime


def transformed(stage, frame):
    return DataFrame(stage.transform(frame._jdf), spark)


def tensor(numbers, *shape):
    floats = spark.sparkContext._gateway.new_array(jvm.float, 784 * len(numbers))
    for i, number in enumerate(numbers):
        for j, value in enumerate(pixels[number]):
            floats[784 * i + j] = value / 255
    sizes = spark.sparkContext._gateway.new_array(jvm.int, len(shape))
    for i, size in enumerate(shape):
        sizes[i] = size
    return runtime.FloatTensor(floats, sizes)


rows = [(i % 2, -i, ("", 28, 28, 1, 0, bytearray(pixels[i]))) for i in range(12)]
image = StructType.fromJson(json.loads(jvm.org.apache.spark.ml.image.ImageSchema.columnSchema().json()))
schema = StructType().add("key", "long").add("place", "long").add("image", image)
frame = spark.createDataFrame(rows, schema)
writer = kanerva_spark.KanervaWriter().setBundle(bundle).setKeyCol("key").setOrderCol("place")
memories = transformed(writer, frame)
written = {row.key: bytes(row.memory) for row in memories.collect()}

plain = runtime.Kanerva.load(jvm.java.io.File(bundle).toPath(), runtime.Device.CPU)
memory = {key: plain.write(tensor(range(10 + key, -1, -2), 1, 6, 1, 28, 28)) for key in (0, 1)}
assert written == {key: bytes(value.toBytes()) for key, value in memory.items()}, "other memories"

recaller = kanerva_spark.KanervaRecaller().setBundle(bundle).setKeyCol("key").setQueryCol("image").setIterations(2)
for row in transformed(recaller, frame.join(memories, "key")).collect():
    recall = plain.recall(memory[row.key], tensor([-row.place], 1, 1, 1, 28, 28), 2)
    assert row.recall.sample == recall.lookups().get(1).samples()[0], "another sample"
    # Py4J hands out a float's shortest decimals.
    assert array("f", row.recall.image) == array("f", recall.images().data()), "another image"

finder = recaller.setIterations(1).setQueryKeyCol("place")
found = DataFrame(finder.find(memories._jdf, frame.drop("key")._jdf), spark).collect()
assert {(row.place, row.recall.key) for row in found} == {(-i, i % 2) for i in range(12)}, "other memories are found"

# Python's numbers are doubles.
doubles = spark.createDataFrame([(7, 1, [value / 255 for value in pixels[3]])], ["key", "place", "image"])
(alone,) = transformed(writer, doubles).collect()
assert bytes(alone.memory) == bytes(plain.write(tensor([3], 1, 1, 1, 28, 28)).toBytes()), "another memory of doubles"

kanerva_spark.KanervaFunctions.register(spark._jsparkSession, bundle)
frame.join(memories, "key").createOrReplaceTempView("queries")
found = spark.sql("select place, key, kanerva_recall(memory, image).sample as sample from queries").collect()
assert len(found) == 12 and all(row.sample == (10 + row.key + row.place) // 2 for row in found), found
plain.close()
spark.stop()
print("PySpark: 3 memories and 12 recalls equal plain calls of the runtime, 12 of SQL the samples")
