/** {@code kpp export} and {@code kpp variant}: make bundles from training runs and from other bundles. */
package io.kanerva.tools.command.export;
