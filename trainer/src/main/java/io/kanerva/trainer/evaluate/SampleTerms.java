package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.model.ElboTerms;

/** {@link ElboTerms} of one episode, each [T]. */
record SampleTerms(float[] reconstruction, float[] klKeys, float[] klLatent, float[] klMemory, float[] logWeight) {

    static SampleTerms of(ElboTerms terms) {
        return new SampleTerms(
                terms.reconstruction().toFloatArray(),
                terms.klKeys().toFloatArray(),
                terms.klLatent().toFloatArray(),
                terms.klMemory().toFloatArray(),
                terms.importanceLogWeight().toFloatArray());
    }

    /** The differences from other terms, sample by sample. */
    SampleTerms minus(SampleTerms other) {
        return new SampleTerms(
                minus(reconstruction, other.reconstruction),
                minus(klKeys, other.klKeys),
                minus(klLatent, other.klLatent),
                minus(klMemory, other.klMemory),
                minus(logWeight, other.logWeight));
    }

    private static float[] minus(float[] a, float[] b) {
        float[] difference = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            difference[i] = a[i] - b[i];
        }
        return difference;
    }

    /** The mean of the bound over the samples. */
    double mean() {
        double sum = 0;
        for (int i = 0; i < klLatent.length; i++) {
            sum += (double) reconstruction[i] + klKeys[i] + klLatent[i];
        }
        return sum / klLatent.length;
    }
}
