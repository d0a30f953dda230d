/* looks.h: for tests: what stands on the screen, as the toolkit itself has laid it out: on SIGUSR2 a line for each
 * text of every window goes to the file $LINLI_LOOKS, whole or not at all. Tests judge by it what no accessibility
 * tree tells: text that is cut off, colours. Does nothing while the variable is not set. Owner: the application.
 *
 *   window  type  x y w h (of the surface)  red green blue alpha (what covers it counted)  flags  text
 *
 * Tab between the fields. flags: c cut off, w wider than its place, i insensitive, d has the look of dim text, -
 * none. Only what is wholly inside its window is told. */
#pragma once

void linli_looks_start(void);
