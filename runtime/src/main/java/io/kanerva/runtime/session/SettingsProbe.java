package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.TensorException;
import io.kanerva.runtime.math.Normal;
import java.util.Arrays;
import java.util.Locale;

/**
 * Checks the settings that tensor shapes do not reveal against the graphs: the slot grid, by the pointers that the
 * memory writer returns, and the addressing and what a key's scale means, by what the reader returns for several keys
 * in the same cell. One run of each graph, when a bundle is opened.
 */
public final class SettingsProbe {

    /** Samples that are written; a grid that differs shows from the first sample on, where it is not a single slot. */
    private static final int MAX_SAMPLES = 64;

    /** Graphs hold the float32 nearest to a pointer; other runtimes' arithmetic may differ by some units of it. */
    private static final double TOLERANCE = 1e-4;

    private final String bundle;
    private final ModelSettings settings;
    private final Sessions sessions;

    private SettingsProbe(String bundle, ModelSettings settings, Sessions sessions) {
        this.bundle = bundle;
        this.settings = settings;
        this.sessions = sessions;
    }

    /** @throws BundleException if the graphs are those of other settings */
    public static void check(String bundle, ModelSettings settings, Sessions sessions) {
        SettingsProbe probe = new SettingsProbe(bundle, settings, sessions);
        try {
            probe.checkPointers();
            probe.checkReads();
        } catch (TensorException | OutOfMemoryError e) {
            throw new BundleException(
                    e,
                    "%s/bundle.json: settings.memoryShape: expected memories that this process has room for, found %s "
                            + "(%s)",
                    bundle,
                    settings.memory(),
                    e.getMessage());
        }
    }

    private void checkPointers() {
        int samples = Math.min(settings.capacity(), MAX_SAMPLES);
        int keys = settings.keys();
        float[] pointers;
        // The content of new tensors is 0; a heap's pointers do not depend on it, and equal samples rank in order.
        try (Workspace workspace = sessions.begin(Plan.WRITE_CONTENT, 1, samples, null, Limit.NONE)) {
            workspace.run();
            pointers = workspace.get(POINTERS).data();
        }
        for (int slot = 0; slot < samples * keys; slot++) {
            float x = pointers[slot * 3 + 1];
            float y = pointers[slot * 3 + 2];
            int columns = settings.slotColumns();
            int rows = settings.slotRows();
            boolean fits = settings.grows()
                    ? x == slot % columns && y == slot / columns
                    : isNear(
                                    x,
                                    slot % columns,
                                    columns,
                                    settings.block().width(),
                                    settings.memory().width())
                            && isNear(
                                    y,
                                    slot / columns,
                                    rows,
                                    settings.block().height(),
                                    settings.memory().height());
            require(
                    "writer, slotRows and slotColumns",
                    "another writer than " + lower(settings.writer()) + " or other slots than " + rows + " x "
                            + columns,
                    fits,
                    MEMORY_WRITER);
        }
    }

    /**
     * Whether a slot's key is where it should be along an axis: in the middle of its cell, or, of a pooled writer,
     * where its block is on whole pixels.
     */
    private boolean isNear(float coordinate, int slot, int slots, int side, int pixels) {
        double place = settings.writer() == Writer.POOLED
                ? (slot * side + (pixels - slots * side) / 2) / (double) (pixels - side)
                : (slot + 0.5) / slots;
        return Math.abs(coordinate - Normal.quantile(place)) < TOLERANCE;
    }

    /** Reads at three keys of the first cell: two with positive scales, the third with a negative one. */
    private void checkReads() {
        int keys = settings.keys();
        boolean isDereferenced = settings.addressing() == Addressing.DEREFERENCED;
        // In a slot's cell if keys are dereferenced; windows of continuous keys differ.
        float[][] places = {{0.5f, 0.25f, 0.25f}, {1.5f, 0.75f, 0.75f}, {-1, 0.25f, 0.25f}};
        Planes planes = settings.memory();
        FloatTensor memory = FloatTensor.zeros(1, planes.channels(), planes.height(), planes.width());
        for (int i = 0; i < memory.size(); i++) {
            // Numbers in [-1, 1) without a pattern, in no time: Knuth's multiplicative hash.
            memory.data()[i] = (i * 0x9E3779B1) * 0x1p-31f;
        }
        FloatTensor read;
        try (Workspace workspace = sessions.begin(Plan.READ, 1, places.length, null, Limit.NONE)) {
            workspace.put(MEMORY, memory);
            for (int i = 0; i < places.length * keys; i++) {
                workspace.buffer(KEYS).put(i * 3, places[i / keys]);
            }
            workspace.run();
            read = workspace.get(TRACES);
        }
        int each = read.size() / places.length;
        float[] first = Arrays.copyOf(read.data(), each);
        float[] near = Arrays.copyOfRange(read.data(), each, 2 * each);
        float[] below = Arrays.copyOfRange(read.data(), 2 * each, 3 * each);
        require("addressing", lower(settings.addressing()) + " keys", areAlike(first, near) == isDereferenced, READER);
        if (isDereferenced) {
            boolean isGist = areAlike(below, new float[each]) && !areAlike(first, new float[each]);
            boolean fits = settings.scaleCells() == 2 ? isGist : areAlike(below, first);
            require("scaleCells", settings.scaleCells() + " kinds of read", fits, READER);
        }
    }

    private static boolean areAlike(float[] first, float[] second) {
        for (int i = 0; i < first.length; i++) {
            if (Math.abs(first[i] - second[i]) > 1e-2) {
                return false;
            }
        }
        return true;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private void require(String field, String expected, boolean holds, BundleGraph graph) {
        if (!holds) {
            throw new BundleException(
                    "%s/bundle.json: settings.%s: expected what graph %s computes, found %s",
                    bundle, field, graph.label(), expected);
        }
    }
}
