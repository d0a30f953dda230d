/* watchdog.h: for tests: says on standard error how long the main loop was away, when that was longer than
 * $LINLI_STALL_MS: "stall: 73 ms". A thread asks the loop every few milliseconds whether it is there. Does nothing,
 * and costs nothing, while the variable is not set. Owner: main(). */
#pragma once

void linli_watchdog_start(void);
/* Says the longest one: "longest stall: 12 ms". */
void linli_watchdog_stop(void);
