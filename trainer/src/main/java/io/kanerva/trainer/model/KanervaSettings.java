package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * Everything that fixes a model's shape; two models of equal settings have parameters of equal names and shapes.
 *
 * @param writer which memory writer
 * @param addressing what a key points at; {@link WriterKind#POOLED} allocates no slots and so is always continuous
 * @param imageChannels Cx
 * @param imageHeight Hx, a multiple of blockHeight
 * @param imageWidth Wx, a multiple of blockWidth by the same factor
 * @param memoryChannels C
 * @param memoryHeight H
 * @param memoryWidth W
 * @param blockHeight h, at most H
 * @param blockWidth w, at most W
 * @param keys K, read keys a sample
 * @param latent D
 * @param slotRows rows of the heap's slot grid; 0 for the pooled writer
 * @param slotColumns columns of the heap's slot grid; 0 for the pooled writer
 * @param embedding E, numbers in a sample's embedding of the pooled writer; 0 for the heap writer
 * @param width channels of the encoder's convolutional layers
 * @param depth residual blocks in the encoder
 * @param likelihood what the decoder's output says about an image; null means {@link Likelihood#BERNOULLI}
 * @param latentLayout what the D numbers of a latent are; null means {@link LatentLayout#VECTOR}
 * @param encoder the encoder's trunk; null means {@link EncoderKind#RESIDUAL}. With {@link EncoderKind#RESNET18_TSM}
 *     width is that of its first stage, and depth is not used
 * @param decoder the decoder's size; null means the encoder's width and depth, and no layers at the image's resolution
 * @param gist whether a key's scale says how a block is taken: above 0 verbatim, else for its gist alone (see
 *     {@link Reader}). Such a model is trained on images that were not written, too. Only with dereferenced keys
 */
public record KanervaSettings(
        WriterKind writer,
        Addressing addressing,
        int imageChannels,
        int imageHeight,
        int imageWidth,
        int memoryChannels,
        int memoryHeight,
        int memoryWidth,
        int blockHeight,
        int blockWidth,
        int keys,
        int latent,
        int slotRows,
        int slotColumns,
        int embedding,
        int width,
        int depth,
        Likelihood likelihood,
        LatentLayout latentLayout,
        EncoderKind encoder,
        DecoderSettings decoder,
        boolean gist) {

    /** A key's scale component stretches a window by at most e to this power, or shrinks it. */
    public static final double SCALE_RANGE = 0.25;

    /** @throws IllegalArgumentException if the sizes do not fit each other; the message names the two that do not */
    @JsonCreator
    public KanervaSettings {
        // Runs from before these settings existed do not name them.
        likelihood = likelihood == null ? Likelihood.BERNOULLI : likelihood;
        latentLayout = latentLayout == null ? LatentLayout.VECTOR : latentLayout;
        encoder = encoder == null ? EncoderKind.RESIDUAL : encoder;
        require(writer != null && addressing != null, "writer and addressing must be given");
        atLeastOne("imageChannels", imageChannels);
        atLeastOne("imageHeight", imageHeight);
        atLeastOne("imageWidth", imageWidth);
        atLeastOne("memoryChannels", memoryChannels);
        atLeastOne("memoryHeight", memoryHeight);
        atLeastOne("memoryWidth", memoryWidth);
        atLeastOne("blockHeight", blockHeight);
        atLeastOne("blockWidth", blockWidth);
        atLeastOne("keys (K)", keys);
        atLeastOne("latent (D)", latent);
        atLeastOne("width", width);
        atLeastOne("depth", depth);
        decoder = decoder == null ? new DecoderSettings(width, depth, 0, 0, 0) : decoder;
        require(
                likelihood != Likelihood.BERNOULLI || decoder.neighbours() == 0,
                "a Bernoulli likelihood conditions a pixel on no neighbours, found %d".formatted(decoder.neighbours()));
        require(
                encoder == EncoderKind.RESIDUAL || writer != WriterKind.HEAP && latentLayout == LatentLayout.VECTOR,
                "the encoder resnet18-tsm has features but no maps of the block's size, so it goes with no heap and a latent vector, found %s and %s"
                        .formatted(writer, latentLayout));
        require(
                latentLayout == LatentLayout.VECTOR || latent % (blockHeight * blockWidth) == 0,
                "a latent of D = %d numbers as a map must be a multiple of the block's %d x %d places"
                        .formatted(latent, blockHeight, blockWidth));
        require(
                imageHeight % blockHeight == 0
                        && imageWidth % blockWidth == 0
                        && imageHeight / blockHeight == imageWidth / blockWidth,
                "the image of %d x %d must be the same whole multiple of the block of %d x %d on both sides"
                        .formatted(imageHeight, imageWidth, blockHeight, blockWidth));
        require(
                !gist || addressing == Addressing.DEREFERENCED,
                "a gist is read at dereferenced keys, found %s ones".formatted(addressing));
        double largest = addressing == Addressing.CONTINUOUS ? Math.exp(SCALE_RANGE) : 1;
        require(
                blockHeight * largest <= memoryHeight && blockWidth * largest <= memoryWidth,
                "a window of %d x %d, stretched by up to %.2f, must fit into the memory of %d x %d"
                        .formatted(blockHeight, blockWidth, largest, memoryHeight, memoryWidth));
        if (writer == WriterKind.HEAP) {
            atLeastOne("slotRows", slotRows);
            atLeastOne("slotColumns", slotColumns);
            require(
                    slotRows * slotColumns >= keys,
                    "a heap of %d x %d slots must hold the %d keys of one sample"
                            .formatted(slotRows, slotColumns, keys));
            require(embedding == 0, "the heap writer has no embedding, found embedding = %d".formatted(embedding));
        } else if (writer == WriterKind.NONE) {
            require(
                    addressing == Addressing.CONTINUOUS && slotRows == 0 && slotColumns == 0 && embedding == 0,
                    "without a memory addressing must be continuous, and there are no slots and no embedding, found %s, %d x %d and %d"
                            .formatted(addressing, slotRows, slotColumns, embedding));
        } else {
            require(
                    addressing == Addressing.CONTINUOUS,
                    "the pooled writer allocates no slots, so its addressing must be continuous");
            require(
                    slotRows == 0 && slotColumns == 0,
                    "the pooled writer has no slots, found %d x %d".formatted(slotRows, slotColumns));
            atLeastOne("embedding (E)", embedding);
            require(
                    memoryHeight % PooledWriter.SCALE == 0 && memoryWidth % PooledWriter.SCALE == 0,
                    "the pooled writer's memory of %d x %d must be a multiple of %d on both sides"
                            .formatted(memoryHeight, memoryWidth, PooledWriter.SCALE));
        }
    }

    /** Settings with a Bernoulli likelihood, a latent vector, and a decoder of the encoder's size. */
    public KanervaSettings(
            WriterKind writer,
            Addressing addressing,
            int imageChannels,
            int imageHeight,
            int imageWidth,
            int memoryChannels,
            int memoryHeight,
            int memoryWidth,
            int blockHeight,
            int blockWidth,
            int keys,
            int latent,
            int slotRows,
            int slotColumns,
            int embedding,
            int width,
            int depth) {
        this(
                writer,
                addressing,
                imageChannels,
                imageHeight,
                imageWidth,
                memoryChannels,
                memoryHeight,
                memoryWidth,
                blockHeight,
                blockWidth,
                keys,
                latent,
                slotRows,
                slotColumns,
                embedding,
                width,
                depth,
                null,
                null,
                null,
                null);
    }

    /** Settings of a model that takes every block verbatim. */
    public KanervaSettings(
            WriterKind writer,
            Addressing addressing,
            int imageChannels,
            int imageHeight,
            int imageWidth,
            int memoryChannels,
            int memoryHeight,
            int memoryWidth,
            int blockHeight,
            int blockWidth,
            int keys,
            int latent,
            int slotRows,
            int slotColumns,
            int embedding,
            int width,
            int depth,
            Likelihood likelihood,
            LatentLayout latentLayout,
            EncoderKind encoder,
            DecoderSettings decoder) {
        this(
                writer,
                addressing,
                imageChannels,
                imageHeight,
                imageWidth,
                memoryChannels,
                memoryHeight,
                memoryWidth,
                blockHeight,
                blockWidth,
                keys,
                latent,
                slotRows,
                slotColumns,
                embedding,
                width,
                depth,
                likelihood,
                latentLayout,
                encoder,
                decoder,
                false);
    }

    /** A plain variational autoencoder with the same encoder and decoder, and a latent of its own: no memory. */
    public KanervaSettings withoutMemory(int numbers, LatentLayout layout) {
        return new KanervaSettings(
                WriterKind.NONE,
                Addressing.CONTINUOUS,
                imageChannels,
                imageHeight,
                imageWidth,
                memoryChannels,
                2 * blockHeight,
                2 * blockWidth,
                blockHeight,
                blockWidth,
                keys,
                numbers,
                0,
                0,
                0,
                width,
                depth,
                likelihood,
                layout,
                encoder,
                decoder);
    }

    /** The same with another likelihood. */
    public KanervaSettings withLikelihood(Likelihood other) {
        return with(latent, other, latentLayout, encoder, decoder);
    }

    /** The same with a latent of another size and layout. */
    public KanervaSettings withLatent(int numbers, LatentLayout layout) {
        return with(numbers, likelihood, layout, encoder, decoder);
    }

    /** The same with another decoder. */
    public KanervaSettings withDecoder(DecoderSettings other) {
        return with(latent, likelihood, latentLayout, encoder, other);
    }

    /** The same with another encoder. */
    public KanervaSettings withEncoder(EncoderKind other) {
        return with(latent, likelihood, latentLayout, other, decoder);
    }

    private KanervaSettings with(
            int numbers,
            Likelihood newLikelihood,
            LatentLayout newLayout,
            EncoderKind newEncoder,
            DecoderSettings newDecoder) {
        return new KanervaSettings(
                writer,
                addressing,
                imageChannels,
                imageHeight,
                imageWidth,
                memoryChannels,
                memoryHeight,
                memoryWidth,
                blockHeight,
                blockWidth,
                keys,
                numbers,
                slotRows,
                slotColumns,
                embedding,
                width,
                depth,
                newLikelihood,
                newLayout,
                newEncoder,
                newDecoder,
                gist);
    }

    /** The same with blocks that can be read for their gist. */
    public KanervaSettings withGist() {
        return new KanervaSettings(
                writer,
                addressing,
                imageChannels,
                imageHeight,
                imageWidth,
                memoryChannels,
                memoryHeight,
                memoryWidth,
                blockHeight,
                blockWidth,
                keys,
                latent,
                slotRows,
                slotColumns,
                embedding,
                width,
                depth,
                likelihood,
                latentLayout,
                encoder,
                decoder,
                true);
    }

    /** Floats in one memory: C x H x W, or 0 if nothing is ever written. */
    @JsonIgnore
    public int memoryFloats() {
        return writer == WriterKind.NONE ? 0 : memoryChannels * memoryHeight * memoryWidth;
    }

    /** Numbers in one image: Cx x Hx x Wx. */
    @JsonIgnore
    public int pixels() {
        return imageChannels * imageHeight * imageWidth;
    }

    /** Channels of a latent map, D / (h w). */
    @JsonIgnore
    public int latentChannels() {
        return latent / (blockHeight * blockWidth);
    }

    /** Channels of the decoder's output: Cx logits, or the parameters of a pixel's mixture. */
    @JsonIgnore
    public int parameterChannels() {
        return likelihood.channels(this);
    }

    /** How many image pixels one block cell stands for, on each side. */
    @JsonIgnore
    public int patch() {
        return imageHeight / blockHeight;
    }

    /** Slots of the heap; 0 for the pooled writer. */
    @JsonIgnore
    public int slots() {
        return slotRows * slotColumns;
    }

    /**
     * Cells of equal prior mass that a dereferenced key can lie in: one for each slot, or two where it can be read for
     * its gist; 0 for the pooled writer.
     */
    @JsonIgnore
    public int cells() {
        return gist ? 2 * slots() : slots();
    }

    /** Samples that one memory has room for; {@link Integer#MAX_VALUE} for the pooled writer, which shares its room. */
    @JsonIgnore
    public int capacity() {
        return writer == WriterKind.HEAP ? slots() / keys : Integer.MAX_VALUE;
    }

    private static void atLeastOne(String name, int value) {
        require(value >= 1, "%s must be at least 1, found %d".formatted(name, value));
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException("model settings: " + message);
        }
    }
}
