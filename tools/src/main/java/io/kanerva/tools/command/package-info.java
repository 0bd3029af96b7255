/**
 * The base and the options that subcommands share. Each package below holds one group of subcommands and does not
 * depend on the others.
 */
package io.kanerva.tools.command;
