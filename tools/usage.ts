/** A mistake in what was asked for on the command line: its message is all that is printed, and the exit status is 2. */
export class UsageError extends Error {}
