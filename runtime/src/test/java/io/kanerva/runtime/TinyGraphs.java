package io.kanerva.runtime;

import static io.kanerva.runtime.TinyOnnx.integer;
import static io.kanerva.runtime.TinyOnnx.ints;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.math.Normal;

/**
 * The graphs of a K++ model without training: images [1, 8, 8], blocks [2, 2, 2], memory [2, 4, 8], with dereferenced
 * keys [2, H, 8], pooled [2, 6, 10], one key, latent 3, rows of 4 slots. A block holds the mean of each of an image's 4
 * x 2 tiles (2 x 4 pixels), stretched to [-1, 1], and the decoder paints tiles. So an image of plain tiles comes back
 * exactly.
 */
final class TinyGraphs {

    private static final int COLUMNS = 4;
    private static final int ROWS = 2;
    private static final float[] LATENT_WEIGHTS = ramp(8 * 3, 0.02f);

    private TinyGraphs() {}

    /** What is wrong with a model. */
    enum Fault {
        NONE,
        /** Its content is the logarithm of what it should be: minus infinity where an image is black. */
        ENCODER,
        /** Its logits are logarithms of what is below 0. */
        DECODER
    }

    static byte[] encoder(Fault fault) {
        return encoder(new TinyOnnx("encoder").input("images", "B", "T", 1, 8, 8), fault)
                .toBytes();
    }

    /** Encoder and memory writer in one. */
    static byte[] write(Kind kind, Fault fault) {
        TinyOnnx g = new TinyOnnx("write").only("memory", "pointers").input("images", "B", "T", 1, 8, 8);
        return writer(encoder(g, fault), kind).toBytes();
    }

    /** What pointers read back; the features are the pixels and their mean, as nothing here looks them up. */
    static byte[] index(Kind kind, Fault fault) {
        TinyOnnx g =
                memory(new TinyOnnx("index").only("contents", "features"), kind).input("pointers", "B", "T", 1, 3);
        decoder(reader(g, kind, "pointers"), "prior_mean", fault);
        g.output("contents", g.apply("Sigmoid", "logits"), "B", "T", 1, 8, 8);
        return g.output("features", features(g, "contents"), "B", "T", 65).toBytes();
    }

    private static String features(TinyOnnx g, String images) {
        String pixels = g.apply("Reshape", images, g.longs(0, 0, 64));
        String mean = g.apply("ReduceMean", ints("axes", 2), pixels);
        return g.apply("Concat", integer("axis", 2), pixels, mean);
    }

    /** A look-up, which the runtime does itself. */
    static byte[] recall() {
        TinyOnnx g = new TinyOnnx("recall")
                .input("contents", "B", "T", 1, 8, 8)
                .input("features", "B", "T", 65)
                .input("pointers", "B", "T", 1, 3)
                .input("queries", "B", "Q", 1, 8, 8);
        String table = g.apply("Transpose", ints("perm", 0, 2, 1), "features");
        String products = g.apply("MatMul", features(g, "queries"), table);
        String sample = g.apply("ArgMax", integer("axis", 2).append(integer("keepdims", 0)), products);
        String row = g.apply("Add", sample, g.apply("Reshape", firstRows(g, "pointers"), g.longs(-1, 1)));
        String contents = g.apply("Reshape", "contents", g.longs(-1, 1, 8, 8));
        String scores = g.apply("Clip", products, g.scalar(-1), g.scalar(1));
        String score = g.apply("ReduceMax", ints("axes", 2).append(integer("keepdims", 0)), scores);
        g.output("recalled", g.apply("Gather", contents, row), "B", "Q", 1, 8, 8);
        g.integers("sample", sample, "B", "Q");
        g.output("score", score, "B", "Q");
        g.output("scores", scores, "B", "Q", "T");
        String pointers = g.apply("Reshape", "pointers", g.longs(-1, 1, 3));
        return g.output("keys", g.apply("Gather", pointers, row), "B", "Q", 1, 3)
                .toBytes();
    }

    /** Where the rows of each episode's samples begin among those of all, [B]. */
    private static String firstRows(TinyOnnx g, String samples) {
        String shape = g.apply("Shape", samples);
        String batch = g.apply("Range", g.longs(0), g.apply("Slice", shape, g.longs(0), g.longs(1)), g.longs(1));
        return g.apply("Mul", batch, g.apply("Slice", shape, g.longs(1), g.longs(2)));
    }

    /** The terms of the bound. */
    static byte[] score(Kind kind, Fault fault) {
        TinyOnnx g = new TinyOnnx("score")
                .only("reconstruction", "kl_keys", "kl_latent")
                .input("images", "B", "T", 1, 8, 8);
        if (kind != Kind.HEAP) {
            g.input("key_noise", "B", "T", 1, 3);
        }
        writer(encoder(g.input("noise", "B", "T", 3), fault), kind);
        String centre = kind == Kind.HEAP ? "key_mean" : g.apply("Add", "pointers", "key_mean");
        String squares = g.apply("Add", g.apply("Mul", centre, centre), g.apply("Exp", "key_log_variance"));
        String terms = g.apply("Sub", g.apply("Sub", squares, g.scalar(1)), "key_log_variance");
        String klKeys = g.apply("Mul", sum(g, terms, 2, 3), g.scalar(0.5));
        if (kind == Kind.HEAP) {
            // Slots are 2 x 2, so that each row of pixels has half of its columns.
            String height = g.apply("Slice", g.apply("Shape", "memory"), g.longs(2), g.longs(3));
            String slots = g.apply("Mul", g.apply("Cast", integer("to", 1), height), g.scalar(COLUMNS / 2.0));
            klKeys = g.apply("Add", klKeys, g.apply("Log", slots));
        }
        reader(g, kind, kind == Kind.HEAP ? "pointers" : gaussian(g, centre, "key_log_variance", "key_noise"));
        decoder(g, gaussian(g, "latent_mean", "latent_log_variance", "noise"), fault);
        String nats = g.apply("Sub", g.apply("Softplus", "logits"), g.apply("Mul", "images", "logits"));
        g.output("reconstruction", sum(g, nats, 2, 3, 4), "B", "T");
        g.output("kl_keys", klKeys, "B", "T");
        String difference = g.apply("Sub", "latent_mean", "prior_mean");
        String distance = g.apply("Add", g.apply("Mul", difference, difference), g.apply("Exp", "latent_log_variance"));
        String ratio = g.apply("Div", distance, g.apply("Exp", "prior_log_variance"));
        String logs = g.apply("Sub", "prior_log_variance", "latent_log_variance");
        String divergence = g.apply("Sub", g.apply("Add", ratio, logs), g.scalar(1));
        return g.output("kl_latent", g.apply("Mul", sum(g, divergence, 2), g.scalar(0.5)), "B", "T")
                .toBytes();
    }

    private static String sum(TinyOnnx g, String values, long... axes) {
        return g.apply("ReduceSum", integer("keepdims", 0), values, g.longs(axes));
    }

    private static String gaussian(TinyOnnx g, String mean, String logVariance, String noise) {
        String deviation = g.apply("Exp", g.apply("Mul", logVariance, g.scalar(0.5)));
        return g.apply("Add", mean, g.apply("Mul", deviation, noise));
    }

    /** Reader and decoder in one, at keys that noise chooses, with the latents drawn between them. */
    static byte[] generate(Kind kind, Fault fault) {
        TinyOnnx g = memory(new TinyOnnx("generate").only("generated", "keys"), kind);
        if (kind == Kind.HEAP) {
            g.input("pointers", "B", "T", 1, 3);
        }
        g.input("key_noise", "B", "N", 1, 3).input("noise", "B", "N", 3);
        String keys = kind == Kind.HEAP ? chosen(g) : "key_noise";
        reader(g, kind, keys);
        decoder(g, gaussian(g, "prior_mean", "prior_log_variance", "noise"), fault);
        g.output("generated", g.apply("Sigmoid", "logits"), "B", "N", 1, 8, 8);
        return g.output("keys", keys, "B", "N", 1, 3).toBytes();
    }

    /** The keys of the samples that the fractions of x choose, with the scales of the noise. */
    private static String chosen(TinyOnnx g) {
        String shape = g.apply("Shape", "pointers");
        String samples = g.apply("Slice", shape, g.longs(1), g.longs(2));
        String count = g.apply("Cast", integer("to", 1), samples);
        String x = g.apply("Slice", "key_noise", g.longs(1), g.longs(2), g.longs(3));
        String fraction = g.apply("Sub", x, g.apply("Floor", x));
        String chosen = g.apply("Cast", integer("to", 7), g.apply("Mul", fraction, count));
        String first = g.apply("Reshape", firstRows(g, "pointers"), g.longs(-1, 1, 1, 1));
        String table = g.apply("Reshape", "pointers", g.longs(-1, 3));
        String named = g.apply("Gather", table, g.apply("Add", chosen, first));
        String names =
                g.apply("Slice", g.apply("Reshape", named, g.longs(0, 0, 1, 3)), g.longs(1), g.longs(3), g.longs(3));
        String scale = g.apply("Slice", "key_noise", g.longs(0), g.longs(1), g.longs(3));
        return g.apply("Concat", integer("axis", 3), scale, names);
    }

    private static TinyOnnx encoder(TinyOnnx g, Fault fault) {
        String flat = g.apply("Reshape", "images", g.longs(-1, 1, 8, 8));
        String means = g.apply("AveragePool", ints("kernel_shape", 2, 4).append(ints("strides", 2, 4)), flat);
        String stretched = g.apply("Sub", g.apply("Mul", means, g.scalar(2)), g.scalar(1));
        String tiles = g.reshapeLike(fault == Fault.ENCODER ? g.apply("Log", means) : stretched, "images", 8);
        g.output("content", g.reshapeLike(tiles, "images", 1, 2, 2, 2), "B", "T", 1, 2, 2, 2);
        String offsets = g.apply("MatMul", tiles, g.floats(ramp(8 * 3, 0.05f), 8, 3));
        String keys = g.reshapeLike(offsets, "images", 1, 3);
        g.output("key_mean", keys, "B", "T", 1, 3);
        g.output("key_log_variance", g.apply("Sub", keys, g.scalar(1)), "B", "T", 1, 3);
        String latent = g.apply("MatMul", tiles, g.floats(LATENT_WEIGHTS, 8, 3));
        g.output("latent_mean", latent, "B", "T", 3);
        return g.output("latent_log_variance", g.apply("Sub", latent, g.scalar(2)), "B", "T", 3);
    }

    static byte[] writer(Kind kind) {
        TinyOnnx g = new TinyOnnx("memory-writer");
        return writer(g.input("content", "B", "T", 1, 2, 2, 2), kind).toBytes();
    }

    private static TinyOnnx writer(TinyOnnx g, Kind kind) {
        return switch (kind) {
            case HEAP -> heapWriter(g);
            case HEAP_CONTINUOUS -> fixedHeapWriter(g);
            case POOLED -> pooledWriter(g);
        };
    }

    /** As many rows of slots as the samples take. */
    private static TinyOnnx heapWriter(TinyOnnx g) {
        String shape = g.apply("Shape", "content");
        String samples = g.apply("Slice", shape, g.longs(1), g.longs(2));
        String rows = g.apply("Div", g.apply("Add", samples, g.longs(COLUMNS - 1)), g.longs(COLUMNS));
        String missing = g.apply("Sub", g.apply("Mul", rows, g.longs(COLUMNS)), samples);
        String blocks = g.apply("Reshape", "content", g.longs(0, 0, 8));
        String pads = g.apply("Concat", integer("axis", 0), g.longs(0, 0, 0, 0), missing, g.longs(0));
        String slots = g.apply("Reshape", g.apply("Pad", blocks, pads), g.longs(0, -1, COLUMNS, 2, 2, 2));
        String placed = g.apply("Transpose", ints("perm", 0, 3, 1, 4, 2, 5), slots);
        g.output("memory", g.apply("Reshape", placed, g.longs(0, 2, -1, 8)), "B", 2, "H", 8);
        String slot = g.apply("Range", g.longs(0), samples, g.longs(1));
        String row = g.apply("Div", slot, g.longs(COLUMNS));
        String column = g.apply("Sub", slot, g.apply("Mul", row, g.longs(COLUMNS)));
        String scale = g.apply("Mul", slot, g.longs(0));
        String names = g.apply(
                "Concat",
                integer("axis", 2),
                g.apply("Reshape", scale, g.longs(-1, 1, 1)),
                g.apply("Reshape", column, g.longs(-1, 1, 1)),
                g.apply("Reshape", row, g.longs(-1, 1, 1)));
        String pointers = g.apply("Cast", integer("to", 1), names);
        String leading = g.apply("Slice", shape, g.longs(0), g.longs(2));
        String all = g.apply("Concat", integer("axis", 0), leading, g.longs(1, 3));
        return g.output("pointers", g.apply("Expand", pointers, all), "B", "T", 1, 3);
    }

    private static TinyOnnx fixedHeapWriter(TinyOnnx g) {
        String shape = g.apply("Shape", "content");
        String samples = g.apply("Slice", shape, g.longs(1), g.longs(2));
        String missing = g.apply("Sub", g.longs(ROWS * COLUMNS), samples);
        String rows = g.apply("Reshape", "content", g.longs(0, 0, 8));
        String pads = g.apply("Concat", integer("axis", 0), g.longs(0, 0, 0, 0), missing, g.longs(0));
        String slots = g.apply("Reshape", g.apply("Pad", rows, pads), g.longs(-1, ROWS, COLUMNS, 2, 2, 2));
        String placed = g.apply("Transpose", ints("perm", 0, 3, 1, 4, 2, 5), slots);
        g.output("memory", g.apply("Reshape", placed, g.longs(0, 2, 4, 8)), "B", 2, 4, 8);
        String pointers = g.apply("Slice", g.floats(slotKeys(0.5), ROWS * COLUMNS, 1, 3), g.longs(0), samples);
        String leading = g.apply("Slice", shape, g.longs(0), g.longs(2));
        String all = g.apply("Concat", integer("axis", 0), leading, g.longs(1, 3));
        return g.output("pointers", g.apply("Expand", pointers, all), "B", "T", 1, 3);
    }

    /** A sample's slot is its rank: the samples of lower scores, and those before it of equal ones. */
    private static TinyOnnx pooledWriter(TinyOnnx g) {
        int slots = ROWS * COLUMNS;
        float[] places = new float[slots];
        for (int i = 0; i < slots; i++) {
            places[i] = i;
        }
        String samples = g.apply("Slice", g.apply("Shape", "content"), g.longs(1), g.longs(2));
        String place = g.apply("Slice", g.floats(places, slots), g.longs(0), samples);
        String earlier = g.apply("Greater", g.apply("Unsqueeze", place, g.longs(1)), place);
        String blocks = g.apply("Reshape", "content", g.longs(0, 0, 8));
        String score = g.apply("MatMul", blocks, g.floats(new float[] {1, 2, 4, 8, 16, 32, 64, 128}, 8, 1));
        String others = g.apply("Transpose", ints("perm", 0, 2, 1), score);
        String tied = g.apply("And", g.apply("Equal", score, others), earlier);
        String lower = g.apply("Or", g.apply("Greater", score, others), tied);
        String rank = g.apply("ReduceSum", g.apply("Cast", integer("to", 1), lower), g.longs(2));
        String chosen = g.apply("Cast", integer("to", 1), g.apply("Equal", rank, g.floats(places, slots)));
        String bySlot = g.apply("MatMul", g.apply("Transpose", ints("perm", 0, 2, 1), chosen), blocks);
        String grid = g.apply("Reshape", bySlot, g.longs(-1, ROWS, COLUMNS, 2, 2, 2));
        String placed = g.apply("Transpose", ints("perm", 0, 3, 1, 4, 2, 5), grid);
        String plane = g.apply("Reshape", placed, g.longs(0, 2, 4, 8));
        g.output("memory", g.apply("Pad", plane, g.longs(0, 0, 1, 1, 0, 0, 1, 1)), "B", 2, 6, 10);
        String pointers = g.apply("MatMul", chosen, g.floats(slotKeys(0.5), slots, 3));
        return g.output("pointers", g.apply("Unsqueeze", pointers, g.longs(2)), "B", "T", 1, 3);
    }

    private static int height(Kind kind) {
        return kind == Kind.POOLED ? 6 : 4;
    }

    private static int width(Kind kind) {
        return kind == Kind.POOLED ? 10 : 8;
    }

    static byte[] reader(Kind kind) {
        return reader(memory(new TinyOnnx("reader"), kind).input("keys", "B", "Q", 1, 3), kind, "keys")
                .toBytes();
    }

    private static TinyOnnx memory(TinyOnnx g, Kind kind) {
        return kind == Kind.HEAP
                ? g.input("memory", "B", 2, "H", 8)
                : g.input("memory", "B", 2, height(kind), width(kind));
    }

    private static TinyOnnx reader(TinyOnnx g, Kind kind, String keys) {
        String traces = kind == Kind.HEAP ? slots(g, keys) : windows(g, kind, keys);
        g.output("traces", g.apply("Reshape", traces, g.longs(0, 0, 1, 2, 2, 2)), "B", "Q", 1, 2, 2, 2);
        String flat = g.apply("Reshape", traces, g.longs(0, 0, 8));
        String prior = g.apply("MatMul", flat, g.floats(LATENT_WEIGHTS, 8, 3));
        g.output("prior_mean", prior, "B", "Q", 3);
        return g.output("prior_log_variance", g.apply("Sub", prior, g.scalar(2)), "B", "Q", 3);
    }

    /** The blocks of slots [B, Q, 2, 2, 2]: the memory is a table of pairs of pixels. */
    private static String slots(TinyOnnx g, String keys) {
        String shape = g.apply("Shape", "memory");
        String plane = g.apply("Mul", g.apply("Slice", shape, g.longs(2), g.longs(3)), g.longs(COLUMNS));
        String batch = g.apply("Range", g.longs(0), g.apply("Slice", shape, g.longs(0), g.longs(1)), g.longs(1));
        String first = g.apply("Mul", batch, g.apply("Mul", plane, g.longs(2)));
        String channel = g.apply("Mul", g.apply("Reshape", g.longs(0, 1), g.longs(2, 1)), plane);
        String row = g.apply("Mul", number(g, keys, 2), g.longs(2 * COLUMNS));
        String pair = g.apply("Add", g.apply("Add", number(g, keys, 1), row), channel);
        String lines = g.apply("Add", pair, g.longs(0, COLUMNS));
        String index = g.apply("Add", lines, g.apply("Reshape", first, g.longs(-1, 1, 1, 1)));
        return g.apply("Gather", g.apply("Reshape", "memory", g.longs(-1, 2)), index);
    }

    /** A whole number of each key, [B, Q, 1, 1]. */
    private static String number(TinyOnnx g, String keys, long coordinate) {
        String key = g.apply("Slice", keys, g.longs(coordinate), g.longs(coordinate + 1), g.longs(3));
        return g.apply("Cast", integer("to", 7), key);
    }

    private static String windows(TinyOnnx g, Kind kind, String keys) {
        String alongX = axis(g, kind, keys, 1, 2.0 / width(kind), 1, 2);
        String alongY = axis(g, kind, keys, 2, 2.0 / height(kind), 2, 1);
        // Both axes are broadcast to [B, Q, h, w] and paired; the reads are stacked along the grid's height.
        String gridX = g.apply("Unsqueeze", g.apply("Add", alongX, g.apply("Mul", alongY, g.scalar(0))), g.longs(4));
        String gridY = g.apply("Unsqueeze", g.apply("Add", alongY, g.apply("Mul", alongX, g.scalar(0))), g.longs(4));
        String pairs = g.apply("Concat", integer("axis", 4), gridX, gridY);
        String grid = g.apply("Reshape", pairs, g.longs(0, -1, 2, 2));
        String read = g.apply("GridSample", "memory", grid);
        String blocks = g.apply("Reshape", read, g.longs(0, 2, -1, 2, 2));
        return g.apply("Transpose", ints("perm", 0, 2, 1, 3, 4), blocks);
    }

    /** Sample positions along one axis: [B, Q, 1, 2] for x, [B, Q, 2, 1] for y. */
    private static String axis(
            TinyOnnx g, Kind kind, String keys, int coordinate, double extent, long rows, long columns) {
        String key = g.apply("Slice", keys, g.longs(coordinate), g.longs(coordinate + 1), g.longs(3));
        String scale = g.apply("Slice", keys, g.longs(0), g.longs(1), g.longs(3));
        double range = kind == Kind.POOLED ? 0 : 0.25;
        String zoom = g.apply("Exp", g.apply("Mul", g.apply("Tanh", scale), g.scalar(range)));
        String half = g.apply("Mul", zoom, g.scalar(extent));
        String centre = g.apply("Erf", g.apply("Mul", key, g.scalar(Math.sqrt(0.5))));
        String inside = g.apply("Mul", g.apply("Sub", g.scalar(1), half), centre);
        String steps = g.apply("Mul", g.floats(new float[] {-0.5f, 0.5f}, 1, 1, rows, columns), half);
        return g.apply("Add", inside, steps);
    }

    static byte[] decoder(Fault fault) {
        TinyOnnx g = new TinyOnnx("decoder").input("latent", "B", "Q", 3).input("traces", "B", "Q", 1, 2, 2, 2);
        return decoder(g, "latent", fault).toBytes();
    }

    private static TinyOnnx decoder(TinyOnnx g, String latent, Fault fault) {
        String tiles = g.apply("Reshape", "traces", g.longs(-1, 1, 4, 2));
        String kernel = g.floats(new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 1, 1, 2, 4);
        String painted = g.apply("ConvTranspose", ints("strides", 2, 4), tiles, kernel);
        String logits = g.reshapeLike(g.apply("Mul", painted, g.scalar(12)), latent, 1, 8, 8);
        String tint = g.apply("MatMul", latent, g.floats(new float[] {0.3f, -0.2f, 0.1f}, 3, 1));
        if (fault == Fault.DECODER) {
            tint = g.apply("Log", g.apply("Sub", g.apply("Neg", g.apply("Mul", tint, tint)), g.scalar(1)));
        }
        String tinted = g.apply("Add", logits, g.reshapeLike(tint, latent, 1, 1, 1));
        return g.output("logits", tinted, "B", "Q", 1, 8, 8);
    }

    /** The pointers of continuous keys, [8, 1, 3]: scale 0, x and y at that place of each cell's probability. */
    private static float[] slotKeys(double place) {
        float[] centres = new float[ROWS * COLUMNS * 3];
        for (int slot = 0; slot < ROWS * COLUMNS; slot++) {
            centres[slot * 3 + 1] = (float) Normal.quantile((slot % COLUMNS + place) / COLUMNS);
            centres[slot * 3 + 2] = (float) Normal.quantile((slot / COLUMNS + place) / ROWS);
        }
        return centres;
    }

    /** Small weights of both signs that repeat after 7. */
    private static float[] ramp(int length, float step) {
        float[] weights = new float[length];
        for (int i = 0; i < length; i++) {
            weights[i] = step * (i % 7 - 3);
        }
        return weights;
    }
}
