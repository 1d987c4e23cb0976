/** A remark of the core's, which stands in lower case in a report, as a sentence of its own. */
export const asSentence = (remark: string): string => `${remark.charAt(0).toUpperCase()}${remark.slice(1)}.`;
