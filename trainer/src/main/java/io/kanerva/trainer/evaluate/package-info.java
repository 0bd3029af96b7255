/** Evaluates models by the clean and the importance-weighted bound over test episodes. */
package io.kanerva.trainer.evaluate;
