/** Drives a training run from the terminal and keeps its records. Independent of the subcommands. */
package io.kanerva.tools.run;
