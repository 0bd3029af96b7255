/** Images as arrays: reading, damaging, tiling and writing them. */
package io.kanerva.tools.image;
