package io.kanerva.onnx.reference;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * RNN, GRU and LSTM with X (T, B, I), W (D, G H, I), R (D, G H, H), B (D, 2 G H) and states (D, B, H); results are Y
 * (T, D, B, H) and the last states.
 */
final class RecurrentKernels {
    private RecurrentKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put(
                "RNN",
                (a, in, outputs) -> run(a, in, 1, (gates, hidden, cell, size) -> {
                    boolean isRelu = a.texts("activations").contains("Relu");
                    for (int j = 0; j < size; j++) {
                        double sum = gates.input()[j] + gates.recurrent()[j];
                        hidden[j] = isRelu ? Math.max(0, sum) : Math.tanh(sum);
                    }
                }));
        table.put(
                "GRU",
                (a, in, outputs) -> run(a, in, 3, (gates, hidden, cell, size) -> {
                    if (a.integer("linear_before_reset", 0) != 1) {
                        throw new UnsupportedOperationException("GRU with linear_before_reset = 0");
                    }
                    for (int j = 0; j < size; j++) {
                        double update = sigmoid(gates.input()[j] + gates.recurrent()[j]);
                        double reset = sigmoid(gates.input()[size + j] + gates.recurrent()[size + j]);
                        double candidate =
                                Math.tanh(gates.input()[2 * size + j] + reset * gates.recurrent()[2 * size + j]);
                        hidden[j] = (1 - update) * candidate + update * hidden[j];
                    }
                }));
        table.put(
                "LSTM",
                (a, in, outputs) -> run(a, in, 4, (gates, hidden, cell, size) -> {
                    for (int j = 0; j < size; j++) {
                        double input = sigmoid(gates.input()[j] + gates.recurrent()[j]);
                        double output = sigmoid(gates.input()[size + j] + gates.recurrent()[size + j]);
                        double forget = sigmoid(gates.input()[2 * size + j] + gates.recurrent()[2 * size + j]);
                        double candidate = Math.tanh(gates.input()[3 * size + j] + gates.recurrent()[3 * size + j]);
                        cell[j] = forget * cell[j] + input * candidate;
                        hidden[j] = output * Math.tanh(cell[j]);
                    }
                }));
    }

    /** The gates' sums over x and over the state before, each with its bias; gate after gate. */
    private record Gates(double[] input, double[] recurrent) {}

    /** Computes the next state in place of the one before. */
    private interface Step {
        void go(Gates gates, double[] hidden, double[] cell, int size);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static List<Array> run(Attributes a, List<Array> in, int gates, Step step) {
        Array x = in.get(0);
        int steps = x.shape()[0];
        int batch = x.shape()[1];
        int directions = in.get(1).shape()[0];
        int size = in.get(2).shape()[2];
        boolean isReverse = a.text("direction", "forward").equals("reverse");
        Array y = Array.filled(x.type(), 0, steps, directions, batch, size);
        Array lastHidden = Array.filled(x.type(), 0, directions, batch, size);
        Array lastCell = Array.filled(x.type(), 0, directions, batch, size);
        for (int d = 0; d < directions; d++) {
            for (int b = 0; b < batch; b++) {
                double[] hidden = state(Kernel.optional(in, 5), d * batch + b, size);
                double[] cell = state(Kernel.optional(in, 6), d * batch + b, size);
                for (int s = 0; s < steps; s++) {
                    int t = isReverse || d == 1 ? steps - 1 - s : s;
                    Gates sums = new Gates(
                            product(in, 1, 0, d, gates * size, row(x, t * batch + b)),
                            product(in, 2, 1, d, gates * size, hidden));
                    step.go(sums, hidden, cell, size);
                    System.arraycopy(hidden, 0, y.data(), ((t * directions + d) * batch + b) * size, size);
                }
                System.arraycopy(hidden, 0, lastHidden.data(), (d * batch + b) * size, size);
                System.arraycopy(cell, 0, lastCell.data(), (d * batch + b) * size, size);
            }
        }
        return List.of(y, lastHidden, lastCell);
    }

    private static double[] row(Array array, int index) {
        int width = array.shape()[array.rank() - 1];
        return Arrays.copyOfRange(array.data(), index * width, (index + 1) * width);
    }

    private static double[] state(Array given, int index, int size) {
        return given == null ? new double[size] : row(given, index);
    }

    /** A direction's matrix times a vector, and that matrix's half of the direction's bias. */
    private static double[] product(List<Array> in, int matrix, int half, int direction, int rows, double[] vector) {
        Array bias = Kernel.optional(in, 3);
        return IntStream.range(0, rows)
                .mapToDouble(r -> {
                    double[] weights = row(in.get(matrix), direction * rows + r);
                    double sum = bias == null ? 0 : bias.data()[(2 * direction + half) * rows + r];
                    for (int i = 0; i < weights.length; i++) {
                        sum += weights[i] * vector[i];
                    }
                    return sum;
                })
                .toArray();
    }
}
