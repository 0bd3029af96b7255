/** The clean bound and the importance-weighted one, over test episodes. */
package io.kanerva.trainer.evaluate;
