/** Reads picture files of every common format and colour model as 8-bit grey or sRGB. */
package io.kanerva.trainer.picture;
