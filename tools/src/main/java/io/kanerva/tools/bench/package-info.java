/**
 * Benchmarks of the project itself: the Java side of what {@code tools/bench} runs. Knows the modules' public
 * interfaces only.
 */
package io.kanerva.tools.bench;
