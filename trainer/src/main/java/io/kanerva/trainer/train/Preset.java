package io.kanerva.trainer.train;

import io.kanerva.trainer.data.Augmentation;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.model.Addressing;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.Likelihood;
import io.kanerva.trainer.model.WriterKind;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Plans that have a name. All have T = 32 and at most 16,384 floats of memory. */
public enum Preset {
    /** A small model on Fashion-MNIST, for the quick start: a few minutes on two cores. */
    QUICKSTART("quickstart", DataSource.FASHION_MNIST) {
        @Override
        public TrainingPlan plan() {
            return plan(heap(10, 48, 2), 2, 2000, 4e-3);
        }
    },
    /** Binarised MNIST with the heap writer: ten minutes on two cores. */
    MNIST("mnist", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            return plan(heap(10, 64, 2), 4, 8000, 4e-3);
        }
    },
    /** The same within 3,200 floats of memory, the Dynamic Kanerva Machine's budget. */
    MNIST_3200("mnist-3200", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            return plan(heap(2, 64, 3), 4, 20000, 4e-3);
        }
    },
    /** Omniglot (28 x 28, dithered to black and white) with the heap writer; moves the original drawings. */
    OMNIGLOT("omniglot", DataSource.OMNIGLOT) {
        @Override
        public TrainingPlan plan() {
            return plan(heap(10, 64, 2), 4, 8000, 4e-3).withAugmentation(DRAWN);
        }
    },
    /** The same within 3,200 floats of memory; moves the drawings too. */
    OMNIGLOT_3200("omniglot-3200", DataSource.OMNIGLOT) {
        @Override
        public TrainingPlan plan() {
            return plan(heap(2, 64, 3), 4, 20000, 4e-3).withAugmentation(DRAWN);
        }
    },
    /** Fashion-MNIST with the heap writer. */
    FASHION_MNIST("fashion-mnist", DataSource.FASHION_MNIST) {
        @Override
        public TrainingPlan plan() {
            return plan(heap(10, 64, 2), 4, 8000, 4e-3);
        }
    },
    /**
     * CIFAR-10 in 8-bit colour with the heap writer: 512 floats of memory an image; starts as the best linear model.
     */
    CIFAR10("cifar10", DataSource.CIFAR10) {
        @Override
        public TrainingPlan plan() {
            KanervaSettings settings = new KanervaSettings(
                    WriterKind.HEAP,
                    Addressing.DEREFERENCED,
                    3,
                    32,
                    32,
                    8,
                    32,
                    64,
                    8,
                    8,
                    1,
                    16,
                    4,
                    8,
                    0,
                    64,
                    2,
                    Likelihood.DISCRETIZED_LOGISTIC_MIXTURE,
                    LatentLayout.VECTOR,
                    EncoderKind.RESIDUAL,
                    new DecoderSettings(96, 2, 0, 0, 24, 4));
            return plan(settings, 1, 3000, 1e-3, 5000, Ramp.NONE);
        }
    },
    /** Binarised MNIST with the pooled writer and continuous keys, the paper's way to write, at small width. */
    MNIST_POOLED("mnist-pooled", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            KanervaSettings settings = new KanervaSettings(
                    WriterKind.POOLED, Addressing.CONTINUOUS, 1, 28, 28, 10, 28, 56, 7, 7, 1, 16, 0, 0, 512, 48, 2);
            return plan(settings, 4, 12000, 1e-3, 200, new Ramp(0.02, 0.2, 0.6));
        }
    },
    /**
     * As {@link #MNIST}, but blocks can be read for their gist, too: a memory that helps with images that were not
     * written.
     */
    MNIST_GIST("mnist-gist", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            return gist(this);
        }
    },
    /** The same for {@link #OMNIGLOT}. */
    OMNIGLOT_GIST("omniglot-gist", DataSource.OMNIGLOT) {
        @Override
        public TrainingPlan plan() {
            return gist(this).withAugmentation(DRAWN);
        }
    },
    /** The same for {@link #FASHION_MNIST}. */
    FASHION_MNIST_GIST("fashion-mnist-gist", DataSource.FASHION_MNIST) {
        @Override
        public TrainingPlan plan() {
            return gist(this);
        }
    },
    /**
     * A plain variational autoencoder with the encoder and decoder of {@link #MNIST} and a latent map, the baseline
     * without a memory.
     */
    MNIST_VAE("mnist-vae", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            return withoutMemory(this);
        }
    },
    /** The same for {@link #OMNIGLOT}; moves the drawings too. */
    OMNIGLOT_VAE("omniglot-vae", DataSource.OMNIGLOT) {
        @Override
        public TrainingPlan plan() {
            return withoutMemory(this).withAugmentation(DRAWN);
        }
    },
    /** The same for {@link #CIFAR10}, with a latent map in the memory's place. */
    CIFAR10_VAE("cifar10-vae", DataSource.CIFAR10) {
        @Override
        public TrainingPlan plan() {
            TrainingPlan memory = CIFAR10.plan();
            return plan(
                    memory.settings().withoutMemory(8 * 64, LatentLayout.MAP),
                    memory.episodes(),
                    memory.steps(),
                    1e-3,
                    5000,
                    Ramp.NONE);
        }
    },
    /** Binarised MNIST with four read keys a sample on the heap: 8 x 16 slots of two channels, 12,544 floats. */
    MNIST_4_KEYS("mnist-4-keys", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            KanervaSettings settings = new KanervaSettings(
                    WriterKind.HEAP, Addressing.DEREFERENCED, 1, 28, 28, 2, 56, 112, 7, 7, 4, 16, 8, 16, 0, 64, 2);
            return plan(settings, 4, 8000, 4e-3);
        }
    },
    /** Binarised MNIST with eight read keys a sample on the heap: 16 x 16 slots of one channel, 12,544 floats. */
    MNIST_8_KEYS("mnist-8-keys", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            KanervaSettings settings = new KanervaSettings(
                    WriterKind.HEAP, Addressing.DEREFERENCED, 1, 28, 28, 1, 112, 112, 7, 7, 8, 16, 16, 16, 0, 64, 2);
            return plan(settings, 4, 8000, 4e-3);
        }
    },
    /**
     * The paper's model on binarised MNIST: ResNet-18 with temporal shift, pooled writer, one key; some hours on two
     * cores.
     */
    PAPER_MNIST("paper-mnist", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            return paper(this, 1);
        }
    },
    /** The same with four read keys a sample. */
    PAPER_MNIST_4_KEYS("paper-mnist-4-keys", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            return paper(this, 4);
        }
    },
    /** The same with eight read keys a sample. */
    PAPER_MNIST_8_KEYS("paper-mnist-8-keys", DataSource.MNIST) {
        @Override
        public TrainingPlan plan() {
            return paper(this, 8);
        }
    },
    /** The paper's model on Omniglot. */
    PAPER_OMNIGLOT("paper-omniglot", DataSource.OMNIGLOT) {
        @Override
        public TrainingPlan plan() {
            return paper(this, 1);
        }
    },
    /** The paper's model on CIFAR-10, its likelihood without neighbours. */
    PAPER_CIFAR10("paper-cifar10", DataSource.CIFAR10) {
        @Override
        public TrainingPlan plan() {
            KanervaSettings settings = new KanervaSettings(
                    WriterKind.POOLED,
                    Addressing.CONTINUOUS,
                    3,
                    32,
                    32,
                    16,
                    32,
                    32,
                    8,
                    8,
                    1,
                    128,
                    0,
                    0,
                    512,
                    64,
                    2,
                    Likelihood.DISCRETIZED_LOGISTIC_MIXTURE,
                    LatentLayout.VECTOR,
                    EncoderKind.RESNET18_TSM,
                    new DecoderSettings(64, 3, 32, 1, 0));
            return plan(settings, 1, 8000, 1e-3, 5000, new Ramp(0.02, 0.2, 0.6));
        }
    };

    /** Drawings as another hand might have made them. */
    private static final Augmentation DRAWN = new Augmentation(8, 0.12, 0.15, 0.03, false);

    private final String id;
    private final DataSource data;

    Preset(String id, DataSource data) {
        this.id = id;
        this.data = data;
    }

    /** A fresh plan with seed 1. */
    public abstract TrainingPlan plan();

    /** The name on the command line. */
    public String id() {
        return id;
    }

    /** The data set that the plan is for. */
    public DataSource data() {
        return data;
    }

    /**
     * The preset of that name.
     *
     * @throws IllegalArgumentException if there is none; the message lists those that there are
     */
    public static Preset named(String id) {
        return Arrays.stream(values())
                .filter(preset -> preset.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("preset '%s': expected one of %s"
                        .formatted(id, Arrays.stream(values()).map(Preset::id).collect(Collectors.joining(", ")))));
    }

    /**
     * 4 x 8 slots of [channels, 7, 7], side by side in a memory of channels x 28 x 56 floats: 15,680 with 10 channels.
     */
    static KanervaSettings heap(int channels, int width, int depth) {
        return new KanervaSettings(
                WriterKind.HEAP,
                Addressing.DEREFERENCED,
                1,
                28,
                28,
                channels,
                28,
                56,
                7,
                7,
                1,
                16,
                4,
                8,
                0,
                width,
                depth);
    }

    /** The heap of {@link #MNIST} with a latent map of 98 numbers, and blocks that can be read for their gist. */
    private static TrainingPlan gist(Preset preset) {
        return preset.plan(
                heap(10, 64, 2).withLatent(2 * 7 * 7, LatentLayout.MAP).withGist(), 4, 8000, 1e-3);
    }

    /** The same network with that latent map alone. */
    private static TrainingPlan withoutMemory(Preset preset) {
        return preset.plan(heap(10, 64, 2).withoutMemory(2 * 7 * 7, LatentLayout.MAP), 4, 8000, 1e-3);
    }

    /** The paper's encoder and writer, for black and white images of 28 x 28, with a memory of 15,680 floats. */
    private static TrainingPlan paper(Preset preset, int keys) {
        KanervaSettings settings = new KanervaSettings(
                        WriterKind.POOLED,
                        Addressing.CONTINUOUS,
                        1,
                        28,
                        28,
                        10,
                        28,
                        56,
                        7,
                        7,
                        keys,
                        16,
                        0,
                        0,
                        512,
                        64,
                        2)
                .withEncoder(EncoderKind.RESNET18_TSM);
        return preset.plan(settings, 1, 20000, 1e-3, 200, new Ramp(0.02, 0.2, 0.6));
    }

    TrainingPlan plan(KanervaSettings settings, int episodes, int steps, double learningRate) {
        return plan(settings, episodes, steps, learningRate, 200, Ramp.NONE);
    }

    TrainingPlan plan(
            KanervaSettings settings,
            int episodes,
            int steps,
            double learningRate,
            double gradientNorm,
            Ramp keyWeight) {
        Binarisation binarisation = data.trainBinarisation();
        return new TrainingPlan(
                settings,
                data.id(),
                binarisation,
                episodes,
                32,
                steps,
                learningRate,
                100,
                gradientNorm,
                keyWeight,
                Ramp.NONE,
                1,
                10,
                500);
    }
}
