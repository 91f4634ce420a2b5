// Codes with which our programs end, for those that start them.

/**
 * A setting or what it names is wrong, and the last words are whole sentences about it that need
 * nothing around them (EX_CONFIG of BSD's sysexits.h).
 */
export const REFUSED = 78
