package io.kanerva.exporter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Batch;
import ai.djl.training.initializer.ConstantInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import ai.djl.util.PairList;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes wrong when DJL trains. */
class TrainingFindingsTest {
    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    /** y = x * w for one parameter of two elements. */
    private static final class Product extends AbstractBlock {
        private final Parameter weight = addParameter(Parameter.builder()
                .setName("weight")
                .setType(Parameter.Type.WEIGHT)
                .optShape(new Shape(2))
                .build());

        Product() {
            setInitializer(new ConstantInitializer(1), Parameter.Type.WEIGHT);
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            return new NDList(
                    inputs.head().mul(store.getValue(weight, inputs.head().getDevice(), training)));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return inputs;
        }
    }

    private float stepOf(Optimizer optimizer, float gradient) {
        NDArray weight = manager.zeros(new Shape(1));
        optimizer.update("weight", weight, manager.create(new float[] {gradient}));
        return weight.getFloat(0);
    }

    @Test
    void gradientsAreClippedFromAboveOnly() {
        Optimizer optimizer = Optimizer.sgd()
                .setLearningRateTracker(Tracker.fixed(1))
                .optClipGrad(1)
                .build();
        assertThat(stepOf(optimizer, 5)).isEqualTo(-1);
        assertThat(stepOf(optimizer, -5)).isEqualTo(5);
    }

    @Test
    void threeOptimisersWorkAndFourDoNot() {
        Tracker rate = Tracker.fixed(0.1f);
        List<Optimizer> working = List.of(
                Optimizer.sgd().setLearningRateTracker(rate).build(),
                Optimizer.adam().build(),
                Optimizer.adamW().build());
        assertThat(working)
                .allSatisfy(optimizer -> assertThat(stepOf(optimizer, 1)).isNegative());
        List<Optimizer> failing = List.of(
                Optimizer.rmsprop().build(),
                Optimizer.adagrad().build(),
                Optimizer.adadelta().build(),
                Optimizer.nag().setLearningRateTracker(rate).setMomentum(0.9f).build());
        assertThat(failing)
                .allSatisfy(optimizer ->
                        assertThatThrownBy(() -> stepOf(optimizer, 1)).isInstanceOf(RuntimeException.class));
    }

    @Test
    void adamKeepsItsStateToItself() {
        assertThat(Arrays.stream(Adam.class.getDeclaredFields())
                        .filter(field -> field.getName().matches("means|variances")))
                .hasSize(2)
                .extracting(Field::getModifiers)
                .allMatch(Modifier::isPrivate);
        assertThat(Arrays.stream(Adam.class.getMethods()))
                .noneMatch(method -> method.getName().matches("(get|save|load).*(Means|State|Variances).*"));
    }

    @Test
    void gradientsThatAddUpToNothingLookLikeNone() {
        try (Model model = Model.newInstance("findings")) {
            model.setBlock(new Product());
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(Loss.l2Loss())
                    .optOptimizer(Optimizer.sgd()
                            .setLearningRateTracker(Tracker.fixed(0.1f))
                            .build()))) {
                trainer.initialize(new Shape(1, 2));
                try (GradientCollector collector = trainer.newGradientCollector()) {
                    NDArray y = trainer.forward(
                                    new NDList(trainer.getManager().create(new float[] {5, -5}, new Shape(1, 2))))
                            .head();
                    collector.backward(y.sum());
                }
                assertThatThrownBy(trainer::step)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("all zeros");
            }
        }
    }

    @Test
    void thereIsOneGradientCollectorInAProcess() {
        try (GradientCollector first = Engine.getInstance().newGradientCollector()) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> Engine.getInstance().newGradientCollector())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Only one can be collecting");
        }
    }

    /** Takes work and never does it. */
    private static final class Idle extends AbstractExecutorService {
        private final List<Runnable> waiting = new ArrayList<>();

        @Override
        public void execute(Runnable command) {
            waiting.add(command);
        }

        @Override
        public void shutdown() {
            waiting.clear();
        }

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }

    @Test
    @Timeout(60)
    void aBatchSharedOutToDevicesIsNotWaitedFor() {
        Idle executor = new Idle();
        try (Model model = Model.newInstance("findings")) {
            model.setBlock(new Product());
            TrainingConfig config = new DefaultTrainingConfig(Loss.l2Loss())
                    .optExecutorService(executor)
                    .optOptimizer(Optimizer.sgd()
                            .setLearningRateTracker(Tracker.fixed(0.1f))
                            .build());
            // The processor twice, as a trainer itself does not allow.
            try (Trainer trainer = new Trainer(model, config) {
                @Override
                public Device[] getDevices() {
                    return new Device[] {Device.cpu(), Device.cpu()};
                }
            }) {
                trainer.initialize(new Shape(2, 2));
                NDManager steps = trainer.getManager().newSubManager();
                Batch batch = new Batch(
                        steps,
                        new NDList(steps.ones(new Shape(2, 2))),
                        new NDList(steps.zeros(new Shape(2, 2))),
                        2,
                        Batchifier.STACK,
                        Batchifier.STACK,
                        0,
                        1);
                EasyTrain.trainBatch(trainer, batch);
                assertThat(executor.waiting)
                        .as("halves that nobody has computed when trainBatch is through")
                        .hasSize(2);
                batch.close();
            }
        }
    }
}
