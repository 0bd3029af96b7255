/** Times a memory that is used as a heap, at many sizes; {@code tools/bench/heap/run} starts it. */
package io.kanerva.bench.heap;
