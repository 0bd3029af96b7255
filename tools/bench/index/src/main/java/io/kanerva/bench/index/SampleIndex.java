package io.kanerva.bench.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

/**
 * Samples in an index of Lucene: candidates by a graph of neighbours (HNSW) of short vectors, then the runtime's match
 * of all pixels for each candidate, from features in float32 beside the graph.
 */
final class SampleIndex {

    private static final String SAMPLE = "sample";
    private static final String VECTOR = "vector";
    private static final String FEATURES = "features";
    private static final int BUFFER_MEGABYTES = 1900;

    private SampleIndex() {}

    record Found(long sample, double score) {}

    /** Puts samples into a new index. */
    static final class Writer implements AutoCloseable {
        private final Features features;
        private final FSDirectory directory;
        private final IndexWriter writer;

        Writer(Path folder, Features features) throws IOException {
            this.features = features;
            directory = FSDirectory.open(folder);
            writer = new IndexWriter(
                    directory,
                    new IndexWriterConfig().setRAMBufferSizeMB(BUFFER_MEGABYTES).setRAMPerThreadHardLimitMB(2047));
        }

        /** Puts a sample that reads back as the image that begins at {@code from}. */
        void put(long sample, float[] images, int from) throws IOException {
            double[] all = features.of(images, from);
            ByteBuffer bytes = ByteBuffer.allocate(all.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (double feature : all) {
                bytes.putFloat((float) feature);
            }
            Document document = new Document();
            document.add(new NumericDocValuesField(SAMPLE, sample));
            document.add(new BinaryDocValuesField(FEATURES, new BytesRef(bytes.array())));
            document.add(new KnnFloatVectorField(
                    VECTOR, features.shortened(all), VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT));
            writer.addDocument(document);
        }

        /** Makes one graph of all, and ends. */
        @Override
        public void close() throws IOException {
            try (directory;
                    writer) {
                writer.forceMerge(1);
            }
        }
    }

    /** Searches one graph. */
    static final class Reader implements AutoCloseable {
        private final Features features;
        private final FSDirectory directory;
        private final DirectoryReader reader;
        private final IndexSearcher searcher;

        Reader(Path folder, Features features) throws IOException {
            this.features = features;
            directory = FSDirectory.open(folder);
            reader = DirectoryReader.open(directory);
            searcher = new IndexSearcher(reader);
        }

        /** The best of the candidates for an image that begins at {@code from}. */
        Found find(float[] images, int from, int candidates) throws IOException {
            double[] asked = features.of(images, from);
            KnnFloatVectorQuery near = new KnnFloatVectorQuery(VECTOR, features.shortened(asked), candidates);
            ScoreDoc[] hits = searcher.search(near, candidates).scoreDocs;
            Arrays.sort(hits, Comparator.comparingInt(hit -> hit.doc)); // as values are read
            LeafReader leaf = only(reader.leaves()).reader();
            BinaryDocValues values = leaf.getBinaryDocValues(FEATURES);
            NumericDocValues samples = leaf.getNumericDocValues(SAMPLE);
            float[] sample = new float[asked.length];
            Found best = null;
            for (ScoreDoc hit : hits) {
                values.advanceExact(hit.doc);
                BytesRef bytes = values.binaryValue();
                ByteBuffer.wrap(bytes.bytes, bytes.offset, bytes.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                        .get(sample);
                double score = Features.score(asked, sample);
                if (best == null || score > best.score()) {
                    samples.advanceExact(hit.doc);
                    best = new Found(samples.longValue(), score);
                }
            }
            return best;
        }

        private static <T> T only(List<T> list) {
            if (list.size() != 1) {
                throw new IllegalStateException("expected one graph, found " + list.size());
            }
            return list.get(0);
        }

        @Override
        public void close() throws IOException {
            try (directory) {
                reader.close();
            }
        }
    }
}
