/** Pictures as numbers: where they come from, how they are damaged, how they are laid out and saved. */
package io.kanerva.tools.image;
