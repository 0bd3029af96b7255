package io.kanerva.trainer.model;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * A linear code of vectors x: values weights x + bias of mean 0 and variance 1 along the directions of largest
 * variance, largest first. A direction without variance has weights of zero.
 *
 * @param weights [numbers, length of x]; in each row the entry of the largest magnitude is positive
 * @param bias [numbers]
 */
record PrincipalComponents(double[][] weights, double[] bias) {
    /** A variance below this fraction of the largest may be a rounding error. */
    private static final double NOTHING = 1e-10;

    /** @param covariance of x, [n, n]; at most n components carry information, the rest are zero */
    static PrincipalComponents of(double[] mean, double[][] covariance, int numbers) {
        EigenDecomposition_F64<DMatrixRMaj> decomposition = DecompositionFactory_DDRM.eig(mean.length, true, true);
        if (!decomposition.decompose(new DMatrixRMaj(covariance))) {
            throw new IllegalStateException(
                    "principal components: expected finite numbers, found a covariance whose eigenvectors "
                            + "cannot be computed");
        }
        List<Integer> order = IntStream.range(0, mean.length)
                .boxed()
                .sorted(Comparator.comparingDouble(
                        (Integer i) -> -decomposition.getEigenvalue(i).getReal()))
                .toList();
        double largest = decomposition.getEigenvalue(order.get(0)).getReal();
        double[][] weights = new double[numbers][mean.length];
        double[] bias = new double[numbers];
        for (int k = 0; k < Math.min(numbers, mean.length); k++) {
            double variance = decomposition.getEigenvalue(order.get(k)).getReal();
            if (!(variance > NOTHING * largest)) {
                continue;
            }
            double[] direction = decomposition.getEigenVector(order.get(k)).getData();
            double extreme = 0;
            for (double entry : direction) {
                extreme = Math.abs(entry) > Math.abs(extreme) ? entry : extreme;
            }
            for (int i = 0; i < direction.length; i++) {
                weights[k][i] = direction[i] * Math.signum(extreme) / Math.sqrt(variance);
                bias[k] -= weights[k][i] * mean[i];
            }
        }
        return new PrincipalComponents(weights, bias);
    }
}
