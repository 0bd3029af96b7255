package io.kanerva.spark;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Device;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.sql.SparkSession;

/**
 * A bundle on its way to the executors: what {@link io.kanerva.runtime.Kanerva#load(Map, io.kanerva.runtime.Options)}
 * takes. Not a record, which Spark's Kryo cannot read.
 */
final class SentBundle implements Serializable {

    private static final String CLASS_PATH = "classpath:";
    private static final String DESCRIPTION = "bundle.json";

    /** What was broadcast already, by application and digest. */
    private static final Map<SparkContext, Map<String, Broadcast<SentBundle>>> SENT = new WeakHashMap<>();

    private final String digest;
    private final TreeMap<String, byte[]> files;

    private SentBundle(String digest, TreeMap<String, byte[]> files) {
        this.files = files;
        this.digest = digest;
    }

    /** The SHA-256 of bundle.json, which holds those of the other files. */
    String digest() {
        return digest;
    }

    /** The files by their names. */
    Map<String, byte[]> files() {
        return files;
    }

    private interface Opener {
        InputStream open(String name) throws IOException;
    }

    /**
     * Broadcasts a bundle, once an application however often it is asked for: later, only bundle.json is read again.
     *
     * @param place a folder of any file system that Hadoop knows, or {@code classpath:} and a folder there
     * @param device where it must open before it is kept: a bundle may be mended meanwhile
     * @param check throws if its model cannot do what is asked
     */
    static Broadcast<SentBundle> broadcast(SparkSession spark, String place, Device device, Consumer<Bundle> check) {
        SparkContext context = spark.sparkContext();
        try {
            Opener opener = opener(place, context.hadoopConfiguration());
            byte[] description = bytes(opener, DESCRIPTION);
            String digest = HexFormat.of().formatHex(sha256(description));
            synchronized (SENT) {
                Map<String, Broadcast<SentBundle>> sent = SENT.computeIfAbsent(context, SentBundle::closingWithIt);
                Broadcast<SentBundle> known = sent.get(digest);
                SentBundle read = known == null ? new SentBundle(digest, read(opener, description)) : known.value();
                check.accept(OpenModels.glanced(read, device));
                if (known == null) {
                    known = JavaSparkContext.fromSparkContext(context).broadcast(read);
                    sent.put(digest, known);
                }
                return known;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "bundle: expected a readable folder with %s and its graphs, found %s (%s)"
                            .formatted(DESCRIPTION, place, e.getMessage()),
                    e);
        }
    }

    /** In local mode this process outlives the application, whose models end with it. */
    private static Map<String, Broadcast<SentBundle>> closingWithIt(SparkContext context) {
        context.addSparkListener(new SparkListener() {
            @Override
            public void onApplicationEnd(SparkListenerApplicationEnd end) {
                OpenModels.closeAll();
            }
        });
        return new TreeMap<>();
    }

    private static Opener opener(String place, Configuration hadoop) {
        if (place.startsWith(CLASS_PATH)) {
            String folder = place.substring(CLASS_PATH.length());
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            return name -> found(loader.getResourceAsStream(folder + "/" + name), name);
        }
        Path folder = new Path(place);
        return name -> folder.getFileSystem(hadoop).open(new Path(folder, name));
    }

    private static InputStream found(InputStream stream, String name) throws FileNotFoundException {
        if (stream == null) {
            throw new FileNotFoundException("no such resource: " + name);
        }
        return stream;
    }

    private static TreeMap<String, byte[]> read(Opener opener, byte[] description) throws IOException {
        TreeMap<String, byte[]> files = new TreeMap<>();
        files.put(DESCRIPTION, description);
        for (BundleGraph graph : BundleGraph.values()) {
            String name = graph.label() + ".onnx";
            try {
                files.put(name, bytes(opener, name));
            } catch (FileNotFoundException e) {
                // The runtime knows which graphs a bundle may lack, and refuses it if it lacks another.
                continue;
            }
        }
        return files;
    }

    private static byte[] bytes(Opener opener, String name) throws IOException {
        try (InputStream stream = opener.open(name)) {
            return stream.readAllBytes();
        }
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("expected SHA-256, which every JDK has", e);
        }
    }
}
