/** {@code kpp experiment}: measures what a trained memory does. */
package io.kanerva.tools.command.experiment;
