package io.kanerva.trainer.model;

import ai.djl.ndarray.types.Shape;

/**
 * Everything that fixes a model's shape; two models of equal settings have parameters of equal names and shapes.
 * {@link #heap} and {@link #pooled} make the common ones; each {@code with...} method changes one part.
 *
 * @param writer which memory writer
 * @param addressing what a key points at; without slots always {@link Addressing#CONTINUOUS}
 * @param gist whether the sign of a key's scale says how a block is read: above 0 verbatim, else for its gist alone
 *     (see {@link Reader}). Such a model is also trained on images that were not written. Only with dereferenced keys
 * @param image [Cx, Hx, Wx]; Hx and Wx are the same multiple of the block's height and width
 * @param memory [C, H, W]
 * @param block [h, w], what one key reads of each of the memory's channels; at most [H, W]
 * @param slots the heap's slot grid; {@link Grid#NONE} for the other writers
 * @param keys K, read keys per sample
 * @param embedding E, the size of a sample's embedding for the pooled writer; 0 for the other writers
 * @param latent D, the size of a sample's latent
 * @param latentLayout how the D values are arranged
 * @param encoder the encoder's trunk
 * @param decoder the decoder's size and reach
 * @param likelihood the image distribution that the decoder's output parameterises
 */
public record KanervaSettings(
        WriterKind writer,
        Addressing addressing,
        boolean gist,
        MapShape image,
        MapShape memory,
        Grid block,
        Grid slots,
        int keys,
        int embedding,
        int latent,
        LatentLayout latentLayout,
        EncoderSettings encoder,
        DecoderSettings decoder,
        ImageLikelihood likelihood) {

    /** A key's scale component stretches or shrinks a window by at most e to this power. */
    public static final double SCALE_RANGE = 0.25;

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
                encoder.kind() == EncoderKind.RESIDUAL
                        || writer == WriterKind.POOLED && latentLayout == LatentLayout.VECTOR,
                "the encoder resnet18-tsm has features but no maps of the block's size, so it needs the pooled "
                        + "writer and a latent vector, found %s and %s",
                writer,
                latentLayout);
        require(
                latentLayout == LatentLayout.VECTOR || latent % block.size() == 0,
                "a latent map of D = %d values must be a multiple of the block's %d x %d positions",
                latent,
                block.rows(),
                block.columns());
        require(
                image.height() % block.rows() == 0
                        && image.width() % block.columns() == 0
                        && image.height() / block.rows() == image.width() / block.columns(),
                "the image of %d x %d must be the same integer multiple of the block of %d x %d on both sides",
                image.height(),
                image.width(),
                block.rows(),
                block.columns());
        require(
                !gist || addressing == Addressing.DEREFERENCED,
                "a gist is read at dereferenced keys, found %s ones",
                addressing);
        double stretch = addressing == Addressing.CONTINUOUS ? Math.exp(SCALE_RANGE) : 1;
        require(
                block.rows() * stretch <= memory.height() && block.columns() * stretch <= memory.width(),
                "a window of %d x %d, stretched by up to %.2f, must fit into the memory of %d x %d",
                block.rows(),
                block.columns(),
                stretch,
                memory.height(),
                memory.width());
        switch (writer) {
            case HEAP -> {
                positive("slots", slots);
                require(
                        slots.size() >= keys,
                        "a heap of %d x %d slots must hold the %d keys of one sample",
                        slots.rows(),
                        slots.columns(),
                        keys);
                require(
                        addressing == Addressing.CONTINUOUS
                                || memory.height() == slots.rows() * block.rows()
                                        && memory.width() == slots.columns() * block.columns(),
                        "a heap of %d x %d slots, whose blocks have %d x %d pixels, must be of %d x %d, found %d x %d",
                        slots.rows(),
                        slots.columns(),
                        block.rows(),
                        block.columns(),
                        slots.rows() * block.rows(),
                        slots.columns() * block.columns(),
                        memory.height(),
                        memory.width());
                require(embedding == 0, "the heap writer has no embedding, found embedding = %d", embedding);
            }
            case NONE ->
                require(
                        addressing == Addressing.CONTINUOUS && slots.equals(Grid.NONE) && embedding == 0,
                        "without a memory addressing must be continuous, and there are no slots and no "
                                + "embedding, found %s, %d x %d and %d",
                        addressing,
                        slots.rows(),
                        slots.columns(),
                        embedding);
            case POOLED -> {
                require(
                        addressing == Addressing.CONTINUOUS,
                        "the pooled writer allocates no slots, so its addressing must be continuous");
                require(
                        slots.equals(Grid.NONE),
                        "the pooled writer has no slots, found %d x %d",
                        slots.rows(),
                        slots.columns());
                positive("embedding (E)", embedding);
                require(
                        memory.height() % PooledWriter.SCALE == 0 && memory.width() % PooledWriter.SCALE == 0,
                        "the pooled writer's memory of %d x %d must be a multiple of %d on both sides",
                        memory.height(),
                        memory.width(),
                        PooledWriter.SCALE);
            }
        }
    }

    /**
     * A heap of black and white images with one dereferenced key per sample, a latent vector of D values, and a decoder
     * of the encoder's size.
     */
    public static KanervaSettings heap(
            MapShape image, MapShape memory, Grid block, Grid slots, int latent, EncoderSettings encoder) {
        return heap(Addressing.DEREFERENCED, image, memory, block, slots, latent, encoder);
    }

    /** The same with keys that may point at something else. */
    public static KanervaSettings heap(
            Addressing addressing,
            MapShape image,
            MapShape memory,
            Grid block,
            Grid slots,
            int latent,
            EncoderSettings encoder) {
        return new KanervaSettings(
                WriterKind.HEAP,
                addressing,
                false,
                image,
                memory,
                block,
                slots,
                1,
                0,
                latent,
                LatentLayout.VECTOR,
                encoder,
                DecoderSettings.of(encoder.width(), encoder.depth()),
                ImageLikelihood.BERNOULLI);
    }

    /** The same with the pooled writer: embeddings of E values, and one continuous key per sample. */
    public static KanervaSettings pooled(
            MapShape image, MapShape memory, Grid block, int embedding, int latent, EncoderSettings encoder) {
        return new KanervaSettings(
                WriterKind.POOLED,
                Addressing.CONTINUOUS,
                false,
                image,
                memory,
                block,
                Grid.NONE,
                1,
                embedding,
                latent,
                LatentLayout.VECTOR,
                encoder,
                DecoderSettings.of(encoder.width(), encoder.depth()),
                ImageLikelihood.BERNOULLI);
    }

    /** The same with another number of keys per sample. */
    public KanervaSettings withKeys(int count) {
        return with(gist, count, latent, latentLayout, encoder, decoder, likelihood);
    }

    /** The same with a latent of another size and layout. */
    public KanervaSettings withLatent(int numbers, LatentLayout layout) {
        return with(gist, keys, numbers, layout, encoder, decoder, likelihood);
    }

    /** The same with blocks that can be read for their gist. */
    public KanervaSettings withGist() {
        return with(true, keys, latent, latentLayout, encoder, decoder, likelihood);
    }

    /** The same with another encoder. */
    public KanervaSettings withEncoder(EncoderSettings other) {
        return with(gist, keys, latent, latentLayout, other, decoder, likelihood);
    }

    /** The same with another decoder, and the likelihood that it is for. */
    public KanervaSettings withDecoder(DecoderSettings other, ImageLikelihood images) {
        return with(gist, keys, latent, latentLayout, encoder, other, images);
    }

    private KanervaSettings with(
            boolean gist,
            int keys,
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
                embedding,
                latent,
                latentLayout,
                encoder,
                decoder,
                likelihood);
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

    /**
     * Cells of equal prior mass that a dereferenced key can be in: one for each slot, or two where it can be read for
     * its gist; 0 without slots.
     */
    public int cells() {
        return gist ? 2 * slots.size() : slots.size();
    }

    /** Samples that fit into one memory; {@link Integer#MAX_VALUE} unless the writer is a heap. */
    public int capacity() {
        return writer == WriterKind.HEAP ? slots.size() / keys : Integer.MAX_VALUE;
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
