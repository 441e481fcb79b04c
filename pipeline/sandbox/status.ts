/** What bubblewrap says on its status descriptor. */
export interface Status {
  /** Host pid of the first process inside; null when the namespaces were never made. */
  first_pid: number | null;
  /** 128 + n for signal n; null when the command was never started or bubblewrap was killed. */
  exit_code: number | null;
}

const field = (text: string, name: string): number | null => {
  const digits = new RegExp(`"${name}": *(\\d+)`).exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** Reads bubblewrap's JSON documents; a last one that was cut short counts as absent. */
export const parseStatus = (text: string): Status => {
  const whole = text.slice(0, text.lastIndexOf('}') + 1);
  return { first_pid: field(whole, 'child-pid'), exit_code: field(whole, 'exit-code') };
};
