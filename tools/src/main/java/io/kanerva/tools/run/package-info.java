/** Drives a training run from the terminal and keeps its records. Knows no subcommand. */
package io.kanerva.tools.run;
