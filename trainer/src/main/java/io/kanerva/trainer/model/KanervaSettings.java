package io.kanerva.trainer.model;

import ai.djl.ndarray.types.Shape;

/**
 * Everything that fixes a model's shape; two models of equal settings have parameters of equal names and shapes.
 * {@link #heap} and {@link #pooled} make the common ones; each {@code with...} method changes one part.
 *
 * @param writer which memory writer
 * @param addressing what a key points at; without slots always {@link KeyAddressing#CONTINUOUS}
 * @param gist whether the sign of a key's scale says how a block is read: above 0 verbatim, else for its gist alone
 *     (see {@link Reader}). Such a model is also trained on images that were not written. Only with dereferenced keys
 * @param image [Cx, Hx, Wx]; Hx and Wx are the same multiple of the block's height and width
 * @param memory [C, H, W], for the training; that of a heap with dereferenced keys grows with the samples
 * @param block [h, w], what one key reads of each of the memory's channels; at most [H, W]
 * @param slots the grid of slots that a writer allocates; {@link Grid#NONE} without a memory, and for a charged one
 * @param keys K, read keys per sample
 * @param memoryLayers pairs of convolutions that the pooled writer applies to the whole memory (the paper's f_mem); 0
 *     for none, and for the other writers
 * @param bits of each number of the memory: what is written is rounded to one of 2^bits levels from -1 to 1, which
 *     training sees, too; 0 for numbers as they are. Only in a heap with dereferenced keys, which copies
 * @param latent D, the size of a sample's latent
 * @param latentLayout how the D values are arranged
 * @param encoder the encoder's trunk
 * @param decoder the decoder's size and reach
 * @param likelihood the image distribution that the decoder's output parameterises
 */
public record KanervaSettings(
        WriterKind writer,
        KeyAddressing addressing,
        boolean gist,
        MapShape image,
        MapShape memory,
        Grid block,
        Grid slots,
        int keys,
        int memoryLayers,
        int bits,
        int latent,
        LatentLayout latentLayout,
        EncoderSettings encoder,
        DecoderSettings decoder,
        ImageLikelihood likelihood) {

    /** A key's scale component stretches or shrinks a window by at most e to this power. */
    public static final double SCALE_RANGE = 0.25;

    /** With more, float32 would not tell the levels near the ends apart as well as those near 0. */
    private static final int MAX_BITS = 16;

    /** @throws IllegalArgumentException if the sizes do not fit each other; the message names the two that do not */
    public KanervaSettings {
        require(writer != null && addressing != null, "writer and addressing must be given");
        positive("image", image);
        positive("memory", memory);
        positive("block", block);
        positive("keys (K)", keys);
        positive("latent (D)", latent);
        positive("encoder.width", encoder.width());
        positive("encoder.depth", encoder.depth());
        require(
                likelihood != ImageLikelihood.BERNOULLI || decoder.neighbours() == 0,
                "a Bernoulli likelihood conditions a pixel on no neighbours, found %d",
                decoder.neighbours());
        require(
                encoder.kind() == EncoderKind.RESIDUAL || writer == WriterKind.POOLED,
                "the encoder resnet18-tsm sees a sample together with its episode, so it needs the pooled writer, "
                        + "found %s",
                writer);
        require(
                latentLayout == LatentLayout.VECTOR || latent % block.size() == 0,
                "a latent map of D = %d values must be a multiple of the block's %s positions",
                latent,
                block);
        int patch = image.height() / block.rows();
        require(
                image.grid().equals(block.times(patch, patch)),
                "the image of %s must be the same integer multiple of the block of %s on both sides",
                image.grid(),
                block);
        require(
                encoder.kind() == EncoderKind.RESIDUAL
                        || Integer.bitCount(patch) == 1 && patch <= TemporalResNet.MAX_STRIDE,
                "the encoder resnet18-tsm halves an image's sides up to the block's, so the image of %s must be 1, 2, "
                        + "4, 8 or 16 times the block of %s",
                image.grid(),
                block);
        require(
                !gist || addressing == KeyAddressing.DEREFERENCED,
                "a gist is read at dereferenced keys, found %s ones",
                addressing);
        double stretch = addressing == KeyAddressing.CONTINUOUS ? Math.exp(scaleRange(writer)) : 1;
        require(
                block.rows() * stretch <= memory.height() && block.columns() * stretch <= memory.width(),
                "a window of %s, stretched by up to %.2f, must fit into the memory of %s",
                block,
                stretch,
                memory.grid());
        require(memoryLayers >= 0, "memoryLayers must be at least 0, found %d", memoryLayers);
        require(
                memoryLayers == 0 || writer == WriterKind.POOLED,
                "only the pooled writer has memoryLayers, found %d and %s",
                memoryLayers,
                writer);
        require(bits >= 0 && bits <= MAX_BITS, "bits must be 0 to %d, found %d", MAX_BITS, bits);
        require(
                bits == 0 || writer == WriterKind.HEAP && addressing == KeyAddressing.DEREFERENCED,
                "only a heap with dereferenced keys has bits: others add and blur what is written; found %d, %s and %s "
                        + "keys",
                bits,
                writer,
                addressing);
        require(
                bits == 0 || decoder.banks() == 0,
                "a linear path writes numbers of any size: bits or decoder.banks must be 0, found %d and %d",
                bits,
                decoder.banks());
        if (writer == WriterKind.NONE || writer == WriterKind.CHARGED) {
            require(
                    addressing == KeyAddressing.CONTINUOUS && slots.equals(Grid.NONE),
                    "%s addressing must be continuous, and there are no slots, found %s and %s",
                    writer == WriterKind.NONE ? "without a memory" : "in a charged memory",
                    addressing,
                    slots);
        } else {
            positive("slots", slots);
            require(slots.size() >= keys, "%s slots must hold the %d keys of one sample", slots, keys);
        }
        if (writer == WriterKind.CHARGED) {
            require(
                    memory.grid().equals(block) && keys == 1,
                    "a charged memory is one block that is read whole: expected %s and one key, found %s and %d keys",
                    block,
                    memory.grid(),
                    keys);
        }
        if (writer == WriterKind.HEAP && addressing == KeyAddressing.DEREFERENCED) {
            Grid all = block.times(slots.rows(), slots.columns());
            require(
                    memory.grid().equals(all),
                    "a heap of %s slots, whose blocks have %s pixels, must be of %s, found %s",
                    slots,
                    block,
                    all,
                    memory.grid());
        }
        if (writer == WriterKind.POOLED) {
            require(
                    addressing == KeyAddressing.CONTINUOUS,
                    "the pooled writer's keys are continuous, found %s addressing",
                    addressing);
            require(
                    block.rows() > 1 && block.columns() > 1,
                    "the pooled writer's blocks must have at least 2 rows and columns, found %s",
                    block);
            Grid least = new Grid(slots.rows() * block.rows() + 2, slots.columns() * block.columns() + 2);
            Grid most = block.times(slots.rows() + 1, slots.columns() + 1);
            require(
                    memory.height() >= least.rows()
                            && memory.width() >= least.columns()
                            && memory.height() <= most.rows()
                            && memory.width() <= most.columns(),
                    "the pooled writer's slots need a margin, on each axis of 2 pixels to a block: expected a memory "
                            + "of %s to %s, found %s",
                    least,
                    most,
                    memory.grid());
        }
    }

    /**
     * A heap of black and white images with one dereferenced key per sample, a latent vector of D values, and a decoder
     * of the encoder's size.
     */
    public static KanervaSettings heap(
            MapShape image, MapShape memory, Grid block, Grid slots, int latent, EncoderSettings encoder) {
        return heap(KeyAddressing.DEREFERENCED, image, memory, block, slots, latent, encoder);
    }

    /** The same with keys that may point at something else. */
    public static KanervaSettings heap(
            KeyAddressing addressing,
            MapShape image,
            MapShape memory,
            Grid block,
            Grid slots,
            int latent,
            EncoderSettings encoder) {
        return of(WriterKind.HEAP, addressing, image, memory, block, slots, latent, encoder);
    }

    /**
     * The same with the pooled writer and one continuous key per sample, over a memory of C channels whose margin is as
     * wide as a block.
     */
    public static KanervaSettings pooled(
            MapShape image, int channels, Grid block, Grid slots, int latent, EncoderSettings encoder) {
        Grid all = block.times(slots.rows() + 1, slots.columns() + 1);
        return pooled(image, new MapShape(channels, all.rows(), all.columns()), block, slots, latent, encoder);
    }

    /** The same over a memory of any size with a margin. */
    public static KanervaSettings pooled(
            MapShape image, MapShape memory, Grid block, Grid slots, int latent, EncoderSettings encoder) {
        return of(WriterKind.POOLED, KeyAddressing.CONTINUOUS, image, memory, block, slots, latent, encoder);
    }

    private static KanervaSettings of(
            WriterKind writer,
            KeyAddressing addressing,
            MapShape image,
            MapShape memory,
            Grid block,
            Grid slots,
            int latent,
            EncoderSettings encoder) {
        return new KanervaSettings(
                writer,
                addressing,
                false,
                image,
                memory,
                block,
                slots,
                1,
                0,
                0,
                latent,
                LatentLayout.VECTOR,
                encoder,
                DecoderSettings.of(encoder.width(), encoder.depth()),
                ImageLikelihood.BERNOULLI);
    }

    /** The same with convolutions over the whole memory. */
    public KanervaSettings withMemoryLayers(int layers) {
        return with(gist, keys, layers, bits, latent, latentLayout, encoder, decoder, likelihood);
    }

    /** The same with numbers of few bits in its memory. */
    public KanervaSettings withBits(int each) {
        return with(gist, keys, memoryLayers, each, latent, latentLayout, encoder, decoder, likelihood);
    }

    /** The same with another number of keys per sample. */
    public KanervaSettings withKeys(int count) {
        return with(gist, count, memoryLayers, bits, latent, latentLayout, encoder, decoder, likelihood);
    }

    /** The same with a latent of another size and layout. */
    public KanervaSettings withLatent(int numbers, LatentLayout layout) {
        return with(gist, keys, memoryLayers, bits, numbers, layout, encoder, decoder, likelihood);
    }

    /** The same with blocks that can be read for their gist. */
    public KanervaSettings withGist() {
        return with(true, keys, memoryLayers, bits, latent, latentLayout, encoder, decoder, likelihood);
    }

    /** The same with another encoder. */
    public KanervaSettings withEncoder(EncoderSettings other) {
        return with(gist, keys, memoryLayers, bits, latent, latentLayout, other, decoder, likelihood);
    }

    /** The same with another decoder, and the likelihood that it is for. */
    public KanervaSettings withDecoder(DecoderSettings other, ImageLikelihood images) {
        return with(gist, keys, memoryLayers, bits, latent, latentLayout, encoder, other, images);
    }

    private KanervaSettings with(
            boolean gist,
            int keys,
            int memoryLayers,
            int bits,
            int latent,
            LatentLayout latentLayout,
            EncoderSettings encoder,
            DecoderSettings decoder,
            ImageLikelihood likelihood) {
        return new KanervaSettings(
                writer,
                addressing,
                gist,
                image,
                memory,
                block,
                slots,
                keys,
                memoryLayers,
                bits,
                latent,
                latentLayout,
                encoder,
                decoder,
                likelihood);
    }

    /** The same with one charged block as its memory. */
    public KanervaSettings withChargedMemory() {
        MapShape one = new MapShape(memory.channels(), block.rows(), block.columns());
        return of(WriterKind.CHARGED, KeyAddressing.CONTINUOUS, image, one, block, Grid.NONE, latent, encoder)
                .withDecoder(decoder, likelihood)
                .withLatent(latent, latentLayout);
    }

    /** Whether the memory is a latent that the bound charges for. */
    public boolean charged() {
        return writer == WriterKind.CHARGED;
    }

    /**
     * The shape of the noise of what is read for B episodes of T samples: [B, T, K, 3], the keys', or [B, C, H, W],
     * that of a charged memory, which has no keys.
     */
    public Shape readNoiseShape(long b, long t) {
        return charged() ? memory.shape(b) : new Shape(b, t, keys, KeySpace.KEY);
    }

    /** Values in one memory, C x H x W; 0 if nothing is ever written. */
    public int memoryFloats() {
        return writer == WriterKind.NONE ? 0 : memory.size();
    }

    /** The shape of the blocks of samples, one for each key: [leading ..., K, C, h, w]. */
    public Shape blockShape(long... leading) {
        return new Shape(leading).addAll(new Shape(keys, memory.channels(), block.rows(), block.columns()));
    }

    /** Channels of a latent map, D / (h w). */
    public int latentChannels() {
        return latent / block.size();
    }

    /** Channels of the decoder's output: Cx logits, or the parameters of a pixel's mixture. */
    public int parameterChannels() {
        return likelihood.channels(this);
    }

    /** Image pixels per position of a block, on each side. */
    public int patch() {
        return image.height() / block.rows();
    }

    /** Whether the memory grows with the samples: a heap's with dereferenced keys, whose slots do not depend on it. */
    public boolean grows() {
        return writer == WriterKind.HEAP && addressing == KeyAddressing.DEREFERENCED;
    }

    /** H of a memory for T samples. A memory that grows has as many rows of slots as they take. */
    public int memoryHeight(long samples) {
        return grows()
                ? Math.toIntExact((samples * keys + slots.columns() - 1) / slots.columns() * block.rows())
                : memory.height();
    }

    /** Rows of slots in a memory of that height; 0 without slots. */
    public int slotRows(long memoryHeight) {
        return grows() ? Math.toIntExact(memoryHeight / block.rows()) : slots.rows();
    }

    /**
     * Cells of equal prior mass that a dereferenced key can be in, in a memory of that height: one for each slot, or
     * two where it can be read for its gist; 0 without slots.
     */
    public int cells(long memoryHeight) {
        return slotRows(memoryHeight) * slots.columns() * (gist ? 2 : 1);
    }

    /** Samples that fit into one memory of the size in these settings; {@link Integer#MAX_VALUE} without slots. */
    public int capacity() {
        return slots.equals(Grid.NONE) ? Integer.MAX_VALUE : slots.size() / keys;
    }

    /**
     * A continuous key's scale component stretches or shrinks a window by at most e to this power; 0: it has no effect.
     */
    double scaleRange() {
        return scaleRange(writer);
    }

    /** The pooled writer's windows have one size: blocks are on whole pixels, and read as they were written. */
    private static double scaleRange(WriterKind writer) {
        return writer == WriterKind.POOLED || writer == WriterKind.CHARGED ? 0 : SCALE_RANGE;
    }

    private static void positive(String name, MapShape shape) {
        positive(name + ".channels", shape.channels());
        positive(name + ".height", shape.height());
        positive(name + ".width", shape.width());
    }

    private static void positive(String name, Grid grid) {
        positive(name + ".rows", grid.rows());
        positive(name + ".columns", grid.columns());
    }

    private static void positive(String name, int value) {
        require(value >= 1, "%s must be at least 1, found %d", name, value);
    }

    private static void require(boolean holds, String message, Object... found) {
        if (!holds) {
            throw new IllegalArgumentException("model settings: " + message.formatted(found));
        }
    }
}
