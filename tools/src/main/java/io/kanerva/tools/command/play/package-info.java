/** {@code kpp play}. */
package io.kanerva.tools.command.play;
