package io.kanerva.trainer.model;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * Predicts some columns of a table of numbers linearly from others; of the table only the sums of its columns' products
 * are kept.
 */
final class LeastSquares {
    private final int columns;
    /** Sums of products, [columns, columns]; only on and above the diagonal. */
    private final double[] products;

    private long rows;

    LeastSquares(int columns) {
        this.columns = columns;
        products = new double[columns * columns];
    }

    /** Adds a row of the table. */
    void add(double[] row) {
        for (int i = 0; i < columns; i++) {
            double factor = row[i];
            int start = i * columns;
            for (int j = i; j < columns; j++) {
                products[start + j] += factor * row[j];
            }
        }
        rows++;
    }

    /** The mean over all rows of the product of two columns. */
    double mean(int i, int j) {
        return products[Math.min(i, j) * columns + Math.max(i, j)] / rows;
    }

    /**
     * The coefficients that predict columns {@code first} to {@code first + outputs - 1} from the columns before
     * {@code inputs} with the least sum of mean square error and penalty.
     *
     * @param ridge the penalty: it times the mean square of the inputs times the sum of the coefficients' squares;
     *     above 0, so that inputs may be linearly dependent
     * @return [outputs, inputs]
     */
    double[][] solve(int inputs, int first, int outputs, double ridge) {
        DMatrixRMaj left = new DMatrixRMaj(inputs, inputs);
        double trace = 0;
        for (int i = 0; i < inputs; i++) {
            trace += mean(i, i);
            for (int j = 0; j < inputs; j++) {
                left.set(i, j, mean(i, j));
            }
        }
        // If all inputs are zero, so are the coefficients.
        double penalty = trace > 0 ? ridge * trace / inputs : 1;
        DMatrixRMaj right = new DMatrixRMaj(inputs, outputs);
        for (int i = 0; i < inputs; i++) {
            left.add(i, i, penalty);
            for (int output = 0; output < outputs; output++) {
                right.set(i, output, mean(i, first + output));
            }
        }
        LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.chol(inputs);
        if (!solver.setA(left)) {
            throw new IllegalStateException(
                    ("least squares: expected finite numbers, found products of %d inputs that have no Cholesky "
                                    + "decomposition")
                            .formatted(inputs));
        }
        DMatrixRMaj solution = new DMatrixRMaj(inputs, outputs);
        solver.solve(right, solution);
        double[][] coefficients = new double[outputs][inputs];
        for (int i = 0; i < inputs; i++) {
            for (int output = 0; output < outputs; output++) {
                coefficients[output][i] = solution.get(i, output);
            }
        }
        return coefficients;
    }

    /** The mean square error of predicting a column from the first ones with these coefficients. */
    double error(int output, double[] coefficients) {
        double error = mean(output, output);
        for (int i = 0; i < coefficients.length; i++) {
            double inner = 0;
            for (int j = 0; j < coefficients.length; j++) {
                inner += coefficients[j] * mean(i, j);
            }
            error += coefficients[i] * (inner - 2 * mean(i, output));
        }
        return Math.max(0, error);
    }
}
