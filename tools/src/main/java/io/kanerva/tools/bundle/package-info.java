/** Writes a trained model as a bundle, and scores a bundle by its graphs alone. Independent of the subcommands. */
package io.kanerva.tools.bundle;
