/** {@code kpp train} and {@code kpp evaluate}: train a model and score it. */
package io.kanerva.tools.command.train;
