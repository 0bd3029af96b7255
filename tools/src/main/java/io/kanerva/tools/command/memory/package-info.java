/** {@code kpp write}, {@code recall}, {@code generate} and {@code info}: use an exported model. */
package io.kanerva.tools.command.memory;
