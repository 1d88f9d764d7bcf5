/** The board or the way to it failed: the message is one line that names the port, and the exit status is 1. */
export class FlashError extends Error {}
