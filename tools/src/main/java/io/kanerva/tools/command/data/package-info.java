/** {@code kpp data}: lists and fetches data sets. */
package io.kanerva.tools.command.data;
