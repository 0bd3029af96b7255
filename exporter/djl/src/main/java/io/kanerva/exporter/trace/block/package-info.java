/** What is known of a block: its tree and parameters, the numbers in it, and the line that is running. */
package io.kanerva.exporter.trace.block;
