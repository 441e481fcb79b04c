/** `12.3 %`, or a dash where there is nothing. */
export const percent = (share: number | null | undefined, digits = 0): string =>
  share === null || share === undefined || Number.isNaN(share) ? '–' : `${(100 * share).toFixed(digits)} %`;

/** `1,234` */
export const whole = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : Math.round(value).toLocaleString('en');

export const decimal = (value: number | null | undefined, digits = 2): string =>
  value === null || value === undefined ? '–' : (Number(value.toFixed(digits)) || 0).toFixed(digits).replace('-', '−');

/** `8.4 s`, `3 min 20 s`, `1 h 05 min` */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  const [minutes, rest] = [Math.floor(Math.round(value) / 60), Math.round(value) % 60];
  if (minutes < 60) return `${minutes} min${rest ? ` ${rest} s` : ''}`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `1 task`, `2 tasks` */
export const some = (count: number, noun: string): string => `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A code as words: `no_gradient` becomes `no gradient`. */
export const words = (code: string): string => code.replaceAll('_', ' ');

/** An id cut to what tells it apart for people. */
export const shortId = (id: string): string => id.replace(/^(\w+_[0-9a-f]{8})[0-9a-f]+$/, '$1');
