package io.kanerva.trainer.data;

import io.airlift.compress.Decompressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Decompresses Parquet's pages in Java: its own codecs are Hadoop's, which need most of Hadoop. */
final class ParquetCodecs implements CompressionCodecFactory {

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
        return new BytesInputDecompressor() {
            @Override
            public BytesInput decompress(BytesInput in, int size) throws IOException {
                try (InputStream bytes = in.toInputStream()) {
                    return BytesInput.from(decompressed(name, bytes.readAllBytes(), size));
                }
            }

            @Override
            public void decompress(ByteBuffer in, int compressed, ByteBuffer out, int size) throws IOException {
                byte[] bytes = new byte[compressed];
                in.get(bytes);
                out.put(decompressed(name, bytes, size));
            }

            @Override
            public void release() {
                // Nothing is kept.
            }
        };
    }

    private static byte[] decompressed(CompressionCodecName name, byte[] bytes, int size) throws IOException {
        return switch (name) {
            case UNCOMPRESSED -> bytes;
            case SNAPPY -> decompressed(new SnappyDecompressor(), bytes, size);
            case ZSTD -> decompressed(new ZstdDecompressor(), bytes, size);
            case LZ4_RAW -> decompressed(new Lz4Decompressor(), bytes, size);
            case GZIP -> {
                try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
                    yield in.readNBytes(size);
                }
            }
            default ->
                throw new IOException("expected the compression snappy, zstd, gzip, lz4_raw or none, found "
                        + name.name().toLowerCase(java.util.Locale.ROOT));
        };
    }

    private static byte[] decompressed(Decompressor decompressor, byte[] bytes, int size) {
        byte[] whole = new byte[size];
        return Arrays.copyOf(whole, decompressor.decompress(bytes, 0, bytes.length, whole, 0, size));
    }

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName name) {
        throw new UnsupportedOperationException("only reads");
    }

    @Override
    public void release() {
        // Nothing is kept.
    }
}
