/* watchdog.h: for tests: says on standard error how long the main loop was away, when that was longer than
 * $LINLI_STALL_MS: "stall: 73 ms, 61 of them CPU". The first figure is what somebody would feel on this machine now,
 * the second what the loop itself did in that turn, whatever else the machine was busy with. A thread asks the loop
 * every few milliseconds whether it is there. What the start costs is told apart, as "start: …", until
 * linli_watchdog_started(). Does nothing, and costs nothing, while the variable is not set. Owner: main(). */
#pragma once

void linli_watchdog_start(void);
/* The board has come and is current: from now on somebody works here. Again: nothing. */
void linli_watchdog_started(void);
/* Says the longest of the start and after it: "longest stall: 12 ms, 9 of them CPU". */
void linli_watchdog_stop(void);
