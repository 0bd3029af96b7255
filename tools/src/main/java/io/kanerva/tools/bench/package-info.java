/** The Java side of the benchmarks in {@code tools/bench}. Uses the modules' public interfaces only. */
package io.kanerva.tools.bench;
