package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import io.kanerva.runtime.math.ContentSearch;
import java.util.List;

/** Calls that encode images and write them into memories. */
public final class WriteCalls {

    private final Calls calls;
    private final ReadCalls reads;

    WriteCalls(Calls calls, ReadCalls reads) {
        this.calls = calls;
        this.reads = reads;
    }

    public Encoding encode(FloatTensor images) {
        int[] sizes = calls.sessions.signature(ENCODER).check(images);
        List<FloatTensor> made = calls.inParts(sizes, calls.isHeap(), part -> {
            Encoding encoded = encodeChecked(part.of(images));
            return List.of(
                    encoded.content(),
                    encoded.keyMean(),
                    encoded.keyLogVariance(),
                    encoded.latentMean(),
                    encoded.latentLogVariance());
        });
        return new Encoding(made.get(0), made.get(1), made.get(2), made.get(3), made.get(4));
    }

    private Encoding encodeChecked(FloatTensor images) {
        try (Workspace workspace = calls.begin(Plan.ENCODE, images.dimension(0), images.dimension(1), null)) {
            workspace.put(IMAGES, images);
            workspace.run();
            return encoding(workspace);
        }
    }

    static Encoding encoding(Workspace encoded) {
        return new Encoding(
                encoded.get(CONTENT),
                encoded.get(KEY_MEAN),
                encoded.get(KEY_LOG_VARIANCE),
                encoded.get(LATENT_MEAN),
                encoded.get(LATENT_LOG_VARIANCE));
    }

    public StoredMemory write(FloatTensor episodes) {
        int[] sizes = calls.sessions.signature(ENCODER).check(episodes);
        calls.checkCapacity(sizes[1]);
        if (sizes[0] > 1 && !calls.fits(sizes)) {
            return calls.memoryInParts(sizes, part -> writeOne(part.of(episodes)));
        }
        return writeOne(episodes);
    }

    /** A heap's encoder treats samples separately, so that a long episode goes in parts, too. */
    private StoredMemory writeOne(FloatTensor episodes) {
        int[] sizes = {episodes.dimension(0), episodes.dimension(1)};
        if (calls.slots == null || calls.fits(sizes)) {
            return writeChecked(episodes);
        }
        int first = Math.max(1, calls.most() / sizes[0]);
        StoredMemory begun = writeChecked(new Part(0, sizes[0], 0, first).of(episodes));
        return append(begun, encodeContent(new Part(0, sizes[0], first, sizes[1] - first).of(episodes)));
    }

    private FloatTensor encodeContent(FloatTensor images) {
        return calls.slots == null
                ? content(images)
                : calls.oneInParts(
                        new int[] {images.dimension(0), images.dimension(1)}, part -> content(part.of(images)));
    }

    private FloatTensor content(FloatTensor images) {
        try (Workspace workspace = calls.begin(Plan.ENCODE_CONTENT, images.dimension(0), images.dimension(1), null)) {
            workspace.put(IMAGES, images);
            workspace.run();
            return workspace.get(CONTENT);
        }
    }

    /** Memories with further samples' blocks, [B, N, K, C, h, w], in the slots after those of the first samples. */
    private StoredMemory append(StoredMemory memory, FloatTensor content) {
        int episodes = memory.episodes();
        int keys = calls.settings.keys();
        int before = memory.samples();
        int added = content.dimension(1);
        FloatTensor planes = BlockCopier.grown(memory.memory(), calls.settings.memoryHeight(before + added));
        FloatTensor pointers = FloatTensor.zeros(episodes, before + added, keys, 3);
        float scale = memory.pointers().data()[0];
        for (int episode = 0; episode < episodes; episode++) {
            for (int i = 0; i < added * keys; i++) {
                int from = (episode * added * keys + i) * calls.slots.floats();
                calls.slots.put(content.data(), from, planes, episode, (long) before * keys + i);
            }
            int each = (before + added) * keys;
            calls.slots.name(scale, 0, pointers.data(), episode * each * 3, each);
        }
        return calls.memory(planes, pointers);
    }

    private StoredMemory writeChecked(FloatTensor episodes) {
        try (Workspace workspace = calls.begin(Plan.WRITE, episodes.dimension(0), episodes.dimension(1), null)) {
            workspace.put(IMAGES, episodes);
            workspace.run();
            return calls.memory(workspace.get(MEMORY), workspace.get(POINTERS));
        }
    }

    /** To be freed by the caller. */
    public Workspace prepareWrite(int episodes, int samples) {
        calls.checkCapacity(samples);
        return calls.sessions.prepare(Plan.WRITE, episodes, samples, null);
    }

    /**
     * Adds samples. A memory that grows gets their blocks after its own. The writer of a heap with continuous keys adds
     * each block at its slot: new samples are written after zeros and added to the memory. A pooled writer ranks all
     * samples anew, so it writes the earlier ones' blocks again.
     */
    public StoredMemory extend(StoredMemory memory, FloatTensor episodes) {
        calls.checkModel(memory);
        int[] sizes = calls.sessions.signature(ENCODER).check(episodes);
        Calls.checkRows("episodes", memory, episodes);
        int samples = calls.checkedSamples((long) memory.samples() + sizes[1]);
        if (calls.settings.memoryLayers() > 0) {
            throw new TensorException(
                    "extend: expected a model whose memory keeps each sample's blocks as they were written, found one "
                            + "that maps the whole memory: write all samples at once");
        }
        if (calls.slots != null) {
            return indexed(memory, append(memory, encodeContent(episodes)));
        }
        if (sizes[0] > 1 && !calls.fits(sizes[0], samples)) {
            return calls.memoryInParts(
                    new int[] {sizes[0], samples},
                    part -> extend(
                            part.of(memory), new Part(part.episode(), part.episodes(), 0, sizes[1]).of(episodes)));
        }
        FloatTensor added = encodeContent(episodes);
        FloatTensor content = StoredMemory.joined(earlier(memory, added.shape()), added);
        calls.sessions.signature(MEMORY_WRITER).check(content);
        try (Workspace workspace = calls.begin(Plan.WRITE_CONTENT, sizes[0], samples, null)) {
            workspace.put(CONTENT, content);
            workspace.run();
            FloatTensor planes = workspace.get(MEMORY);
            for (int i = 0; calls.isHeap() && i < planes.size(); i++) {
                planes.data()[i] += memory.memory().data()[i];
            }
            workspace.requireFinite(MEMORY, planes.data(), planes.size());
            return calls.memory(planes, workspace.get(POINTERS));
        }
    }

    /** An extended memory with what look-ups need, if the memory had it: further samples alone are read back. */
    private StoredMemory indexed(StoredMemory memory, StoredMemory extended) {
        ContentSearch contents = memory.contents();
        if (contents != null) {
            int episodes = extended.episodes();
            int added = extended.samples() - memory.samples();
            // Not one sample alone, whose image may differ in the last bits from the same among several.
            int count = Math.max(Math.min(2, extended.samples()), added);
            Part last = new Part(0, episodes, extended.samples() - count, count);
            FloatTensor images = reads.images(extended, last.of(extended.pointers()));
            extended.contents(contents.extended(new Part(0, episodes, count - added, added).of(images)));
        }
        return extended;
    }

    /** What stands for earlier samples beside further ones of that shape: zeros for a heap, else their content. */
    private FloatTensor earlier(StoredMemory memory, int[] shape) {
        if (calls.isHeap()) {
            shape[1] = memory.samples();
            return FloatTensor.zeros(shape);
        }
        return memory.written(calls.settings);
    }

    /** @throws TensorException if images [B, T, Cx, Hx, Wx] have another shape or values */
    public void checkImages(FloatTensor images) {
        calls.sessions.signature(ENCODER).check(images);
    }

    /** The blocks of checked images [1, N, Cx, Hx, Wx], [1, N, K, C, h, w]. */
    public FloatTensor blocks(FloatTensor images) {
        return encodeContent(images);
    }

    /**
     * A memory of blocks, sample by sample in its slots.
     *
     * @param blocks N K C h w values
     */
    public StoredMemory placed(float[] blocks, int samples) {
        int keys = calls.settings.keys();
        Planes planes = calls.settings.memory();
        FloatTensor memory =
                FloatTensor.zeros(1, planes.channels(), calls.settings.memoryHeight(samples), planes.width());
        FloatTensor pointers = FloatTensor.zeros(1, samples, keys, 3);
        for (int i = 0; i < samples * keys; i++) {
            calls.slots.put(blocks, i * calls.slots.floats(), memory, 0, i);
        }
        calls.slots.name(calls.scale(), 0, pointers.data(), 0, samples * keys);
        return calls.memory(memory, pointers);
    }

    /** The blocks of a memory that grows, N K C h w values: the inverse of {@link #placed}. */
    public float[] contents(StoredMemory memory) {
        int count = memory.samples() * calls.settings.keys();
        float[] blocks = new float[Math.multiplyExact(count, calls.slots.floats())];
        for (int i = 0; i < count; i++) {
            calls.slots.get(memory.memory(), 0, i, blocks, i * calls.slots.floats());
        }
        return blocks;
    }
}
