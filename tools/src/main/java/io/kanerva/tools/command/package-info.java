/** The subcommands of {@code kpp}, one class each, and the options that several of them share. */
package io.kanerva.tools.command;
