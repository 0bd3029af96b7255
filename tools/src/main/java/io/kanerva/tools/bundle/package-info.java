/** Writes a trained model as a bundle, and scores a bundle by its graphs alone. Knows no subcommand. */
package io.kanerva.tools.bundle;
