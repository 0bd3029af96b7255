/** Whether an index of Lucene finds a memory among many faster than the runtime's search of all. */
package io.kanerva.bench.index;
