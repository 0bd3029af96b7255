package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import java.util.ArrayList;
import java.util.List;

/** Networks on graphs, and policies and values of reinforcement learning. */
final class GraphsAndPolicies {
    private GraphsAndPolicies() {}

    static List<OutsideBlock> all() {
        String nodes = "x:float32[V,4]";
        return List.of(
                OutsideBlock.of(
                                "graph convolution, adjacency as input",
                                Origin.PAPERS,
                                m -> convolution(m, false),
                                nodes,
                                "adjacency:float32[V,V]")
                        .reading("adjacency", 0, 1),
                OutsideBlock.of(
                                "graph convolution, normalised in forward",
                                Origin.PAPERS,
                                m -> convolution(m, true),
                                nodes,
                                "adjacency:float32[V,V]")
                        .reading("adjacency", 0, 1),
                OutsideBlock.of(
                        "graph convolution with a constant graph",
                        Origin.GNN,
                        GraphsAndPolicies::constantGraph,
                        "x:float32[5,4]"),
                OutsideBlock.of(
                        "graph convolution of a batch with a constant graph",
                        Origin.GNN,
                        GraphsAndPolicies::constantGraph,
                        "x:float32[N,5,4]"),
                OutsideBlock.of(
                        "graph attention", Origin.PAPERS, GraphsAndPolicies::attention, nodes, "adjacency:int64[V,V]"),
                OutsideBlock.of(
                                "GraphSAGE with sampled neighbours",
                                Origin.GNN,
                                GraphsAndPolicies::sage,
                                nodes,
                                "neighbours:int64[V,3]")
                        .reading("neighbours", 0, 1),
                OutsideBlock.of(
                                "messages along edges, summed by one-hot",
                                Origin.PAPERS,
                                GraphsAndPolicies::messages,
                                nodes,
                                "source:int64[E]",
                                "target:int64[E]")
                        .reading("source", 0, 1)
                        .reading("target", 0, 1),
                OutsideBlock.of(
                                "isomorphism network with readout",
                                Origin.PAPERS,
                                GraphsAndPolicies::isomorphism,
                                nodes,
                                "adjacency:float32[V,V]",
                                "batch:int64[V]")
                        .reading("batch", 0, 3),
                OutsideBlock.of(
                        "edges with a self transform and a bias",
                        Origin.GNN,
                        GraphsAndPolicies::hyperEdges,
                        nodes,
                        "aggregated:float32[V,3]"),
                OutsideBlock.of(
                        "Chebyshev filters of a constant graph",
                        Origin.PAPERS,
                        GraphsAndPolicies::chebyshev,
                        "x:float32[N,5,2]"),
                OutsideBlock.of("k nearest points", Origin.PAPERS, GraphsAndPolicies::nearestPoints, "x:float32[N,P,3]")
                        .within("P", 3, 200, 3, 9, 33)
                        .at("N", 1, 2),
                OutsideBlock.of("farthest points in a Java loop", Origin.PAPERS, m -> farthest(), "x:float32[P,3]")
                        .within("P", 4, 200, 4, 33, 129),
                OutsideBlock.of(
                        "point network with transforms", Origin.PAPERS, GraphsAndPolicies::points, "x:float32[N,P,3]"),
                OutsideBlock.of("deep sets", Origin.PAPERS, GraphsAndPolicies::sets, "x:float32[N,P,3]"),
                OutsideBlock.of(
                        "Q values", Origin.RL, m -> BookNetworks.initialised(m, perceptron(3), 4), "x:float32[N,4]"),
                OutsideBlock.of("duelling Q values", Origin.RL, GraphsAndPolicies::duelling, "x:float32[N,4]"),
                OutsideBlock.of(
                                "scores and value with a running mean read out",
                                Origin.RL,
                                GraphsAndPolicies::runningMean,
                                "x:float32[N,4]")
                        .refused("getFloat", "numbers are read out of the array to update a field"),
                OutsideBlock.of("scores and value", Origin.RL, GraphsAndPolicies::actorCritic, "x:float32[N,4]"),
                OutsideBlock.of("quantiles of Q values", Origin.RL, GraphsAndPolicies::quantiles, "x:float32[N,4]"),
                OutsideBlock.of(
                                "values of the actions by a mask",
                                Origin.RL,
                                m -> chosenByMask(),
                                "q:float32[N,3]",
                                "action:int64[N]")
                        .reading("action", 0, 3),
                OutsideBlock.of(
                        "advantages in a Java loop",
                        Origin.RL,
                        m -> advantages(m),
                        "rewards:float32[T]",
                        "values:float32[T]"),
                OutsideBlock.of("discounted returns by a matrix", Origin.RL, m -> returns(), "rewards:float32[N,T]"),
                OutsideBlock.of(
                        "continuous policy with a parameter for the deviation",
                        Origin.PPO,
                        m -> gaussian(m, true),
                        "x:float32[N,4]"),
                OutsideBlock.of(
                        "continuous policy, deviation repeated by the store's value",
                        Origin.PPO,
                        m -> gaussian(m, false),
                        "x:float32[N,4]"),
                OutsideBlock.of(
                                "squashed policy with given noise",
                                Origin.PPO,
                                GraphsAndPolicies::squashed,
                                "x:float32[N,4]",
                                "noise:float32[N,2]")
                        .reading("x", -0.3, 0.3)
                        .reading("noise", -0.3, 0.3),
                OutsideBlock.of(
                                "squashed policy that draws its noise",
                                Origin.PPO,
                                GraphsAndPolicies::drawing,
                                "x:float32[N,4]")
                        .refused("random", "it draws random numbers"),
                OutsideBlock.of(
                                "policy with a mask of actions",
                                Origin.MAGE,
                                GraphsAndPolicies::maskedPolicy,
                                "x:float32[N,4]",
                                "allowed:float32[N,3]")
                        .reading("allowed", 0.9, 1),
                OutsideBlock.of(
                                "state sums of embedded features",
                                Origin.MAGE,
                                GraphsAndPolicies::features,
                                "ids:int64[N,T]",
                                "actions:int64[N,2]")
                        .reading("ids", 0, 9)
                        .reading("actions", 0, 9),
                OutsideBlock.of(
                        "MuZero's representation", Origin.MUZERO, GraphsAndPolicies::tower, "x:float32[N,3,5,5]"),
                OutsideBlock.of(
                        "MuZero's dynamics with scaled states",
                        Origin.MUZERO,
                        GraphsAndPolicies::dynamics,
                        "state:float32[N,3,5,5]",
                        "action:float32[N,1,5,5]"),
                OutsideBlock.of(
                        "MuZero's prediction heads", Origin.MUZERO, GraphsAndPolicies::heads, "state:float32[N,3,5,5]"),
                OutsideBlock.of("categorical values to a number", Origin.MUZERO, m -> supports(), "scores:float32[N,7]")
                        .tolerating(1e-2),
                OutsideBlock.of(
                        "noisy linear layer at inference", Origin.PAPERS, GraphsAndPolicies::noisy, "x:float32[N,4]"),
                OutsideBlock.of(
                        "world model, five steps of imagination",
                        Origin.PAPERS,
                        GraphsAndPolicies::imagination,
                        "state:float32[N,6]"));
    }

    static SequentialBlock perceptron(int out) {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(6).build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(out).build());
    }

    private static Block convolution(NDManager m, boolean isNormalised) {
        return new BlockSketch(m) {
            private final Linear dense = linear(4, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray a = in.get(1);
                if (isNormalised) {
                    NDArray withSelf =
                            a.add(a.getManager().eye((int) a.getShape().get(0)));
                    NDArray root = withSelf.sum(new int[] {1}).pow(-0.5);
                    a = root.expandDims(1).mul(withSelf).mul(root.expandDims(0));
                }
                return new NDList(Activation.relu(a.dot(call.of(dense, in.get(0)))));
            }
        };
    }

    private static NDArray ring(NDManager m) {
        NDArray a = m.zeros(new Shape(5, 5));
        for (int i = 0; i < 5; i++) {
            a.set(new NDIndex(i, (i + 1) % 5), 0.5f);
            a.set(new NDIndex(i, i), 0.5f);
        }
        return a;
    }

    private static Block constantGraph(NDManager m) {
        return new BlockSketch(m) {
            private final NDArray adjacency = ring(manager);
            private final Linear dense = linear(4, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray h = call.of(dense, in.head());
                return new NDList(h.getShape().dimension() == 2 ? adjacency.dot(h) : adjacency.matMul(h));
            }
        };
    }

    private static Block attention(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(4, 3);
            private final Parameter left = weight(3, 1);
            private final Parameter right = weight(3, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray h = call.of(dense, in.get(0));
                NDArray e = h.dot(call.value(left, h))
                        .add(h.dot(call.value(right, h)).transpose());
                e = Activation.leakyRelu(e, 0.2f);
                NDArray scores =
                        NDArrays.where(in.get(1).gt(0), e, e.zerosLike().sub(9e15f));
                return new NDList(Activation.elu(scores.softmax(1).dot(h), 1f));
            }
        };
    }

    private static Block sage(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(8, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                NDArray near = x.get(new NDIndex("{}", in.get(1).reshape(-1)))
                        .reshape(x.getShape().get(0), 3, 4);
                NDArray both = x.concat(near.mean(new int[] {1}), -1);
                return new NDList(Activation.softPlus(new NDList(call.of(dense, both))));
            }
        };
    }

    private static Block messages(NDManager m) {
        return new BlockSketch(m) {
            private final Linear message = linear(8, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                NDArray ends = NDArrays.concat(new NDList(x.get(in.get(1)), x.get(in.get(2))), 1);
                NDArray sent = Activation.relu(call.of(message, ends));
                NDArray places = x.getManager().arange(0, (int) x.getShape().get(0), 1, DataType.INT64);
                NDArray isTarget =
                        in.get(2).reshape(1, -1).eq(places.reshape(-1, 1)).toType(DataType.FLOAT32, false);
                return new NDList(x.add(isTarget.matMul(sent)));
            }
        };
    }

    private static Block isomorphism(NDManager m) {
        return new BlockSketch(m) {
            private final Block mlp = child(perceptron(4), 1, 4);
            private final Parameter epsilon = weight(1);
            private final Linear head = linear(4, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.get(0);
                for (int i = 0; i < 2; i++) {
                    x = call.of(
                            mlp,
                            in.get(1).matMul(x).add(x.mul(call.value(epsilon, x).add(1))));
                    x = x.div(x.norm().add(1));
                }
                NDArray members = in.get(2).oneHot(3).transpose();
                NDArray count = members.sum(new int[] {1}, true).maximum(1);
                return new NDList(call.of(head, members.dot(x).div(count)));
            }
        };
    }

    private static Block hyperEdges(NDManager m) {
        return new BlockSketch(m) {
            private final Linear self =
                    child(Linear.builder().setUnits(3).optBias(false).build(), 1, 4);
            private final Parameter bias = weight(3);

            @Override
            NDList run(Call call, NDList in) {
                NDList transformed = self.forward(call.store(), new NDList(in.get(0)), call.isTraining());
                return new NDList(transformed.get(0).add(in.get(1)).add(bias.getArray()));
            }
        };
    }

    private static Block chebyshev(NDManager m) {
        return new BlockSketch(m) {
            private final NDArray laplacian = ring(manager);
            private final List<Linear> filters = List.of(linear(2, 3), linear(2, 3), linear(2, 3));

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray before = x;
                NDArray current = laplacian.matMul(x);
                NDArray sum = call.of(filters.get(0), before).add(call.of(filters.get(1), current));
                for (int k = 2; k < filters.size(); k++) {
                    NDArray next = laplacian.mul(2).matMul(current).sub(before);
                    sum.addi(call.of(filters.get(k), next));
                    before = current;
                    current = next;
                }
                return new NDList(sum);
            }
        };
    }

    private static Block nearestPoints(NDManager m) {
        return new BlockSketch(m) {
            private final Linear edge = linear(6, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                long n = x.getShape().get(0);
                long p = x.getShape().get(1);
                NDArray inner = x.matMul(x.transpose(0, 2, 1)).mul(-2);
                NDArray square = x.square().sum(new int[] {2}, true);
                NDArray distance = inner.add(square).add(square.transpose(0, 2, 1));
                NDArray near = distance.topK(2, 2, false, true).get(1);
                NDArray offset = x.getManager()
                        .arange(0, (int) n, 1, DataType.INT64)
                        .mul(p)
                        .reshape(n, 1, 1);
                NDArray chosen =
                        x.reshape(n * p, 3).get(near.add(offset).flatten()).reshape(n, p, 2, 3);
                NDArray centre = x.expandDims(2).repeat(2, 2);
                NDArray features = call.of(edge, NDArrays.concat(new NDList(chosen.sub(centre), centre), 3));
                return new NDList(features.max(new int[] {2}));
            }
        };
    }

    private static Block farthest() {
        return LambdaBlock.singleton(x -> {
            NDArray distance = x.sub(x.get("0")).square().sum(new int[] {1});
            NDList chosen = new NDList(x.get("0:1"));
            for (int i = 0; i < 3; i++) {
                NDArray next = x.get(distance.argMax(0).expandDims(0));
                chosen.add(next);
                distance = NDArrays.minimum(distance, x.sub(next).square().sum(new int[] {1}));
            }
            return NDArrays.concat(chosen);
        });
    }

    private static Block points(NDManager m) {
        return new BlockSketch(m) {
            private final Block transform = child(perceptron(9), 1, 3);
            private final Block features = child(perceptron(7), 1, 3);
            private final NDArray identity = manager.eye(3).reshape(1, 9);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray t =
                        call.of(transform, x).max(new int[] {1}).add(identity).reshape(-1, 3, 3);
                NDArray f = call.of(features, x.matMul(t));
                NDArray whole =
                        f.max(new int[] {1}, true).repeat(1, x.getShape().get(1));
                return new NDList(f.concat(whole, 2), t);
            }
        };
    }

    private static Block sets(NDManager m) {
        return new BlockSketch(m) {
            private final Block phi = child(perceptron(5), 1, 3);
            private final Block rho = child(perceptron(2), 1, 5);

            @Override
            NDList run(Call call, NDList in) {
                long count = in.head().getShape().get(1);
                return new NDList(
                        call.of(rho, call.of(phi, in.head()).sum(new int[] {1}).mul(1.0f / count)));
            }
        };
    }

    private static Block duelling(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(perceptron(6), 1, 4);
            private final Linear value = linear(6, 1);
            private final Linear advantage = linear(6, 3);

            @Override
            NDList run(Call call, NDList in) {
                NDArray h = Activation.relu(call.of(body, in.head()));
                NDArray a = call.of(advantage, h);
                return new NDList(call.of(value, h).add(a.sub(a.mean(new int[] {-1}, true))));
            }
        };
    }

    private static Block runningMean(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(4, 3);
            private float mean;

            @Override
            NDList run(Call call, NDList in) {
                NDArray y = call.of(dense, in.head());
                mean = mean * 0.999f + 0.001f * y.mean().getFloat();
                return new NDList(y.sub(mean).softmax(1));
            }
        };
    }

    private static Block actorCritic(NDManager m) {
        return new BlockSketch(m) {
            private final Linear enter = linear(4, 6);
            private final Linear action = linear(6, 3);
            private final Linear value = linear(6, 1);
            private final Parameter gamma = weight(1);

            @Override
            NDList run(Call call, NDList in) {
                NDList hidden = new NDList(Activation.relu(call.of(enter, in.head())));
                NDArray scores =
                        action.forward(call.store(), hidden, call.isTraining()).singletonOrThrow();
                scores = scores.sub(scores.mean()).mul(gamma.getArray());
                return new NDList(
                        scores.softmax(scores.getShape().dimension() - 1),
                        value.forward(call.store(), hidden, call.isTraining()).singletonOrThrow());
            }
        };
    }

    private static Block quantiles(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(perceptron(15), 1, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray q = call.of(body, in.head()).reshape(-1, 3, 5).sort(2);
                return new NDList(q, q.mean(new int[] {2}).argMax(1));
            }
        };
    }

    private static Block chosenByMask() {
        return new LambdaBlock(l -> {
            NDArray q = l.get(0);
            NDArray picked = q.mul(l.get(1).oneHot(3)).sum(new int[] {1});
            NDArray gathered = q.gather(l.get(1).expandDims(1), 1).squeeze(1);
            NDArray byPick = q.get(new NDIndex().addAllDim().addPickDim(l.get(1).expandDims(1)));
            return new NDList(picked, gathered, byPick);
        });
    }

    private static Block advantages(NDManager m) {
        return new LambdaBlock(l -> {
            NDArray rewards = l.get(0);
            NDArray values = l.get(1);
            NDList found = new NDList();
            NDArray last = rewards.getManager().zeros(new Shape());
            NDArray next = rewards.getManager().zeros(new Shape());
            for (long t = rewards.getShape().get(0) - 1; t >= 0; t--) {
                NDArray delta = rewards.get(t).add(next.mul(0.99f)).sub(values.get(t));
                last = delta.add(last.mul(0.99f * 0.95f));
                found.add(0, last);
                next = values.get(t);
            }
            return new NDList(NDArrays.stack(found));
        });
    }

    private static Block returns() {
        return LambdaBlock.singleton(r -> {
            NDArray t = r.getManager().arange((float) r.getShape().get(1));
            NDArray ahead = t.expandDims(1).sub(t);
            NDArray weights = ahead.mul(Math.log(0.9)).exp().mul(ahead.gte(0).toType(DataType.FLOAT32, false));
            return r.matMul(weights);
        });
    }

    private static Block gaussian(NDManager m, boolean isBroadcast) {
        return new BlockSketch(m) {
            private final Block body = child(perceptron(2), 1, 4);
            private final Parameter logDeviation = weight(1, 2);

            @Override
            NDList run(Call call, NDList in) {
                NDArray mean = call.of(body, in.head());
                NDArray log = isBroadcast
                        ? logDeviation.getArray().broadcast(mean.getShape())
                        : call.value(logDeviation, mean)
                                .repeat(0, mean.getShape().get(0));
                return new NDList(
                        mean,
                        log.exp(),
                        log.add(0.5 * Math.log(2 * Math.PI)).add(0.5).sum(new int[] {1}));
            }
        };
    }

    private static Block squashed(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(perceptron(4), 1, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDList halves = call.of(body, in.head()).split(2, 1);
                NDArray log = halves.get(1).clip(-5, 2);
                NDArray raw = halves.get(0).add(log.exp().mul(in.get(1)));
                NDArray action = raw.tanh();
                NDArray density = in.get(1).square().mul(-0.5).sub(log).sub(0.5 * Math.log(2 * Math.PI));
                density = density.sub(action.square().neg().add(1 + 1e-6).log()).sum(new int[] {1}, true);
                return new NDList(action, density);
            }
        };
    }

    private static Block drawing(NDManager m) {
        return new BlockSketch(m) {
            private final Block body = child(perceptron(2), 1, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray mean = call.of(body, in.head());
                return new NDList(mean.add(mean.getManager().randomNormal(mean.getShape()))
                        .tanh());
            }
        };
    }

    private static Block maskedPolicy(NDManager m) {
        return new BlockSketch(m) {
            private final Block base = child(perceptron(3), 1, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray scores = base.forward(
                                call.store(),
                                in.subNDList(0).size() > 1 ? new NDList(in.get(0)) : in,
                                call.isTraining())
                        .singletonOrThrow();
                long large = 1000;
                NDArray masked = scores.sub(in.get(1).mul(-1).add(1).mul(large));
                return new NDList(masked.logSoftmax(1));
            }
        };
    }

    private static Block features(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter states = weight(9, 4);
            private final Parameter actions = weight(9, 4);
            private final Linear dense = linear(4, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray state = call.value(states, in.head()).get(in.get(0)).sum(new int[] {1});
                NDArray h = Activation.relu(call.of(dense, state)).expandDims(1);
                NDArray action = call.value(actions, in.head()).get(in.get(1));
                return new NDList(action.mul(h).sum(new int[] {2}).softmax(1));
            }
        };
    }

    private static BlockSketch tower(NDManager m) {
        return new BlockSketch(m) {
            private final List<Block> convolutions = new ArrayList<>();
            private final List<Block> norms = new ArrayList<>();

            {
                for (int i = 0; i < 2; i++) {
                    convolutions.add(child(Vision.conv(3, 3), 1, 3, 5, 5));
                    norms.add(child(BatchNorm.builder().build(), 1, 3, 5, 5));
                }
            }

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray y = Activation.relu(call.of(norms.get(0), call.of(convolutions.get(0), x)));
                y = call.of(norms.get(1), call.of(convolutions.get(1), y));
                return new NDList(Activation.relu(y.add(x)));
            }
        };
    }

    private static Block dynamics(NDManager m) {
        return new BlockSketch(m) {
            private final Block enter = child(Vision.conv(3, 3), 1, 4, 5, 5);
            private final BlockSketch tower = child(tower(manager), 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = call.of(enter, NDArrays.concat(in, 1));
                x = call.of(tower, x);
                Shape shape = x.getShape();
                NDArray flat = x.reshape(shape.get(0), -1);
                NDArray low = flat.min(new int[] {1}, true);
                NDArray high = flat.max(new int[] {1}, true);
                NDArray range = high.sub(low).maximum(1e-5);
                return new NDList(flat.sub(low).div(range).reshape(shape));
            }
        };
    }

    private static Block heads(NDManager m) {
        return new BlockSketch(m) {
            private final Block policy = child(Vision.conv(1, 1), 1, 3, 5, 5);
            private final Linear value = linear(75, 7);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDList result = new NDList();
                result.add(call.of(policy, x).flatten(1, 3));
                result.add(call.of(
                        value, Activation.mish(x.reshape(new Shape(x.getShape().get(0), -1)))));
                return result;
            }
        };
    }

    private static Block supports() {
        return LambdaBlock.singleton(scores -> {
            NDArray support = scores.getManager().arange(-3f, 4f, 1f);
            NDArray x = scores.softmax(1).mul(support).sum(new int[] {1});
            NDArray root =
                    x.abs().add(1 + 0.001).mul(4 * 0.001).add(1).sqrt().sub(1).div(2 * 0.001);
            return x.sign().mul(root.square().sub(1));
        });
    }

    private static Block noisy(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter mean = weight(3, 4);
            private final Parameter deviation = weight(3, 4);
            private final NDArray epsilon = manager.randomNormal(new Shape(3, 4));

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDArray w = call.value(mean, x);
                if (call.isTraining()) {
                    w = w.add(call.value(deviation, x).mul(epsilon));
                }
                return new NDList(x.getNDArrayInternal().linear(x, w, null));
            }
        };
    }

    private static Block imagination(NDManager m) {
        return new BlockSketch(m) {
            private final Block policy = child(perceptron(2), 1, 6);
            private final Block model = child(perceptron(6), 1, 8);
            private final Linear reward = linear(6, 1);

            @Override
            NDList run(Call call, NDList in) {
                NDArray state = in.head();
                NDArray total =
                        state.getManager().zeros(new Shape(state.getShape().get(0), 1));
                float discount = 1;
                for (int i = 0; i < 5; i++) {
                    NDArray action = call.of(policy, state).softmax(1);
                    state = state.add(call.of(model, state.concat(action, 1)).tanh());
                    total.addi(call.of(reward, state).mul(discount));
                    discount *= 0.9f;
                }
                return new NDList(total, state);
            }
        };
    }
}
