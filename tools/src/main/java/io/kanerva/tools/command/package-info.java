/** What the subcommands share. Each package below holds one group of them; none of these knows another. */
package io.kanerva.tools.command;
