package io.kanerva.runtime;

import io.kanerva.runtime.session.HeapStore;
import io.kanerva.runtime.session.Inference;
import io.kanerva.runtime.session.Matcher;
import io.kanerva.runtime.session.StoredMemory;
import io.kanerva.runtime.session.Workspace;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * One memory that is written to all day: samples have ids, and can be freed and replaced. Made by {@link Kanerva#heap},
 * for models whose memories grow; it needs no closing, and is to be used before its model is closed.
 *
 * <p>A sample takes the place that was freed last, else a new one. Writing, freeing, replacing and reading cost the
 * same however many samples there are; a look-up compares with each. What a look-up needs is kept beside the samples
 * and follows every change. Blocks lie in pages of at most {@value #PAGE} samples, so that growing copies nothing.
 *
 * <p>Any number of threads may use it at once: those that read do not wait for each other, and the encoder runs before
 * a writer locks. Methods throw {@link TensorException} for ids that are not in use or, when writing, already are.
 */
public final class MemoryHeap {

    private static final int PAGE = 1024;

    /** 32 MiB for look-ups: one large image does not take the memory of a thousand. */
    private static final int PAGE_VALUES = 1 << 22;

    private final Inference inference;
    private final ModelSettings settings;
    private final int block;
    private final int image;

    private final ReadWriteLock lock;
    private final HeapStore store;

    MemoryHeap(Inference inference, ModelSettings settings) {
        this(inference, settings, page(settings));
    }

    /** @param page samples of a large page, 16 or a higher power of 2 */
    MemoryHeap(Inference inference, ModelSettings settings, int page) {
        if (!settings.grows()) {
            throw new TensorException(
                    "MemoryHeap: expected a heap writer with dereferenced keys, whose memories grow, found %s with %s "
                            + "keys",
                    settings.writer(), settings.addressing());
        }
        this.inference = inference;
        this.settings = settings;
        block = settings.keys() * settings.block().floats();
        image = settings.image().floats();
        lock = new ReentrantReadWriteLock();
        store = new HeapStore(block, image, page);
    }

    private MemoryHeap(MemoryHeap whole, Inference inference) {
        this.inference = inference;
        settings = whole.settings;
        block = whole.block;
        image = whole.image;
        lock = whole.lock;
        store = whole.store;
    }

    /**
     * This heap, with an end to each call, as {@link Kanerva#with}: also to its wait for other threads. What is written
     * to either is in both.
     */
    public MemoryHeap with(CallLimit limit) {
        return new MemoryHeap(this, inference.with(limit.limit));
    }

    /** The samples of a large page, 16 or a higher power of 2. */
    static int page(ModelSettings settings) {
        int each = Math.max(
                settings.keys() * settings.block().floats(), settings.image().floats() + 1);
        return Integer.highestOneBit(Math.max(16, Math.min(PAGE, PAGE_VALUES / each)));
    }

    /**
     * What a look-up found.
     *
     * @param ids of the sample that matches each query best
     * @param scores of the matches, each in [-1, 1]
     */
    public record Found(long[] ids, double[] scores) {}

    /** Writes one sample, [Cx, Hx, Wx] or with leading dimensions of 1, under an id that is not in use. */
    public void write(long id, FloatTensor sample) {
        write(new long[] {id}, sample);
    }

    /**
     * Writes N samples, all or none.
     *
     * @param newIds N different ids that are not in use
     * @param samples [N, Cx, Hx, Wx], values in [0, 1]
     * @throws CapacityException if there would be more than {@link ModelSettings#capacity()}
     */
    public void write(long[] newIds, FloatTensor samples) {
        long[] own = newIds.clone(); // nobody changes it meanwhile
        HeapStore.Encoded encoded = encode(own, samples);
        locked(lock.writeLock(), () -> store.add(own, encoded, settings.capacity()));
    }

    /** Replaces a sample, which keeps its id and its place. */
    public void replace(long id, FloatTensor sample) {
        HeapStore.Encoded encoded = encode(new long[] {id}, sample);
        locked(lock.writeLock(), () -> store.replace(id, encoded));
    }

    /** Frees samples, all or none: their blocks read as nothing and are neither found nor drawn from. */
    public void free(long... oldIds) {
        long[] own = oldIds.clone();
        locked(lock.writeLock(), () -> store.free(own));
    }

    /** The ids in use, by the places of their samples. */
    public long[] list() {
        long[][] list = new long[1][];
        locked(lock.readLock(), () -> list[0] = store.list());
        return list[0];
    }

    /** The number of samples. */
    public int size() {
        int[] size = new int[1];
        locked(lock.readLock(), () -> size[0] = store.size());
        return size[0];
    }

    /** Whether an id is in use. */
    public boolean contains(long id) {
        boolean[] contains = new boolean[1];
        locked(lock.readLock(), () -> contains[0] = store.contains(id));
        return contains[0];
    }

    /**
     * Samples as they read back, decoded at their prior's mean.
     *
     * @return [N, Cx, Hx, Wx]
     */
    public FloatTensor read(long... wanted) {
        requireSome("ids", wanted.length);
        float[] taken = FloatTensor.zeros(wanted.length, block).data();
        locked(lock.readLock(), () -> {
            for (int i = 0; i < wanted.length; i++) {
                store.take(store.place(wanted[i]), taken, i);
            }
        });
        return images(taken, wanted.length);
    }

    /**
     * Finds queries by content, as {@link Kanerva#lookUp} does.
     *
     * @param queries [Q, Cx, Hx, Wx], values in [0, 1]
     */
    public Found lookUp(FloatTensor queries) {
        FloatTensor checked = checked("queries", queries);
        int count = checked.dimension(1);
        Found found = new Found(new long[count], new double[count]);
        find(checked, found.scores(), (query, place) -> found.ids()[query] = store.id(place));
        return found;
    }

    /**
     * Finds queries and decodes the blocks of the samples found: [Q, Cx, Hx, Wx]. {@link Kanerva#recall} returns images
     * decoded before, which may differ by 1e-7 where another number of blocks was decoded together.
     */
    public FloatTensor recall(FloatTensor queries) {
        FloatTensor checked = checked("queries", queries);
        int count = checked.dimension(1);
        float[] taken = FloatTensor.zeros(count, block).data();
        find(checked, new double[count], (query, place) -> store.take(place, taken, query));
        return images(taken, count);
    }

    /** What to do with a query and the place that was found for it, in the same lock. */
    private interface Taker {
        void take(int query, int place);
    }

    private void find(FloatTensor queries, double[] scores, Taker taker) {
        int[] found = new int[scores.length];
        try (Workspace workspace = inference.recalls().beginLookUp(found.length)) {
            Matcher matcher = workspace.matcher();
            locked(lock.readLock(), () -> {
                requireSome("samples", store.size());
                int together = Matcher.together(found.length, store.length());
                for (int first = 0; first < found.length; first += together) {
                    matcher.clear();
                    for (int query = first; query < Math.min(first + together, found.length); query++) {
                        matcher.add(queries.data(), query * image);
                    }
                    store.match(matcher, first, found, scores);
                }
                for (int query = 0; query < found.length; query++) {
                    taker.take(query, found[query]);
                }
            });
        }
    }

    /**
     * Draws images from keys of the prior, as {@link Kanerva#generate} does from {@link #snapshot}.
     *
     * @return the images, [N, Cx, Hx, Wx]
     */
    public FloatTensor generate(int count, long seed) {
        requireSome("images", count);
        NormalSampler sampler = new NormalSampler(seed);
        int each = block / settings.keys();
        float[] taken = FloatTensor.zeros(count, block).data();
        FloatTensor[] keys = new FloatTensor[1];
        locked(lock.readLock(), () -> {
            requireSome("samples", store.size());
            keys[0] = inference.reads().priorKeys(store.written().stream().toArray(), count, sampler);
            for (int i = 0; i < count * settings.keys(); i++) {
                int slot = inference.reads().slot(keys[0], i);
                store.take(slot / settings.keys(), slot % settings.keys() * each, taken, i * each, each);
            }
        });
        return flat(inference.reads().generate(taken, keys[0], sampler));
    }

    /**
     * The samples as an immutable memory without gaps: at the time of the call, its sample i is that of entry i of
     * {@link #list}.
     */
    public Memory snapshot() {
        float[][] taken = new float[1][];
        locked(lock.readLock(), () -> {
            requireSome("samples", store.size());
            taken[0] = new float[Math.multiplyExact(store.size(), block)];
            BitSet written = store.written();
            int to = 0;
            for (int place = written.nextSetBit(0); place >= 0; place = written.nextSetBit(place + 1)) {
                store.take(place, taken[0], to++);
            }
        });
        return new Memory(inference.writes().placed(taken[0], taken[0].length / block));
    }

    /**
     * Writes a file with ids and free places, as {@link Memory#save} does; {@link Kanerva#loadHeap} reads it. An empty
     * heap has none.
     *
     * @throws MemoryFileException if the file cannot be written
     */
    public void save(Path file) {
        StoredMemory.save(file, toBytes());
    }

    /** The bytes of {@link #save}'s file. */
    public byte[] toBytes() {
        float[][] taken = new float[1][];
        long[][] named = new long[1][];
        BitSet samples = new BitSet();
        locked(lock.readLock(), () -> {
            requireSome("samples", store.size());
            int length = store.length();
            taken[0] = new float[Math.multiplyExact(length, block)];
            named[0] = new long[length];
            samples.or(store.written());
            for (int place = samples.nextSetBit(0); place >= 0; place = samples.nextSetBit(place + 1)) {
                store.take(place, taken[0], place);
                named[0][place] = store.id(place);
            }
        });
        return inference.writes().placed(taken[0], named[0].length).toBytes(named[0], samples);
    }

    /** Takes what a file holds, while nobody else knows this heap; nothing of what it holds in free places. */
    MemoryHeap filled(float[] content, StoredMemory.Places from) {
        for (int place = 0; place < from.ids().length; place++) {
            if (!from.written().get(place)) {
                Arrays.fill(content, place * block, (place + 1) * block, 0);
            }
        }
        float[] images = images(content, from.ids().length).data();
        store.fill(from.ids(), from.written(), new HeapStore.Encoded(content, images));
        return this;
    }

    /** What samples become, before anything is locked. */
    private HeapStore.Encoded encode(long[] newIds, FloatTensor samples) {
        FloatTensor checked = checked("samples", samples);
        if (checked.dimension(1) != newIds.length) {
            throw new TensorException(
                    "MemoryHeap: expected as many samples as ids, found %d and %d",
                    checked.dimension(1), newIds.length);
        }
        float[] made = inference.writes().blocks(checked).data();
        return new HeapStore.Encoded(made, images(made, newIds.length).data());
    }

    private FloatTensor images(float[] taken, int count) {
        return flat(inference.reads().images(taken, count));
    }

    private static void requireSome(String what, int count) {
        if (count < 1) {
            throw new TensorException("MemoryHeap: expected at least 1 of the %s, found %d", what, count);
        }
    }

    /** Images [N, Cx, Hx, Wx], or one image, as an episode [1, N, Cx, Hx, Wx]. */
    private FloatTensor checked(String what, FloatTensor images) {
        int[] shape = images.shape();
        int rank = shape.length;
        Planes one = settings.image();
        boolean fits = (rank == 3 || rank == 4 && shape[0] > 0)
                && shape[rank - 3] == one.channels()
                && shape[rank - 2] == one.height()
                && shape[rank - 1] == one.width();
        if (!fits) {
            throw new TensorException("MemoryHeap: %s: expected images of %s, found shape %s", what, one, shape);
        }
        FloatTensor episode =
                new FloatTensor(images.data(), 1, images.size() / image, one.channels(), one.height(), one.width());
        inference.writes().checkImages(episode);
        return episode;
    }

    private FloatTensor flat(FloatTensor episode) {
        Planes one = settings.image();
        return new FloatTensor(episode.data(), episode.dimension(1), one.channels(), one.height(), one.width());
    }

    private void locked(Lock lock, Runnable action) {
        inference.limit().lock(lock, "heap");
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
