/** The sizes of dynamic dimensions, numbers that are made of them, and the search for them. */
package io.kanerva.exporter.trace.size;
