import { DataError } from '../errors.ts';

/** A package as npm's lock file has it. */
export interface LockedPackage {
  version: string;
  dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
  /** Address it came from; it does not leave this machine. */
  resolved?: string;
}

/** Packages by their place: `node_modules/a/node_modules/b`. */
export type InstalledPackages = Readonly<Record<string, LockedPackage>>;

/**
 * `package-lock.json` of some exact dependencies: they and all they need, in the versions that are installed, so that
 * `npm ci` puts the same packages into an image whatever the registry holds by then.
 */
export function npmLock(dependencies: Readonly<Record<string, string>>, installed: InstalledPackages): string {
  const places = [...needed(Object.keys(dependencies), installed)].sort();
  const packages = places.map((place) => [place, unaddressed(installed[place]!)]);
  const lock = {
    lockfileVersion: 3,
    requires: true,
    packages: { '': { dependencies }, ...Object.fromEntries(packages) },
  };
  return `${JSON.stringify(lock, null, 2)}\n`;
}

const unaddressed = ({ resolved: _, ...rest }: LockedPackage): Omit<LockedPackage, 'resolved'> => rest;

/** Places of packages and of what they need in turn; an optional one may be absent. */
function needed(names: readonly string[], installed: InstalledPackages): Set<string> {
  const places = new Set<string>();
  const visit = (name: string, from: string, is_optional: boolean): void => {
    const place = placeOf(name, from, installed);
    if (place === null && !is_optional) throw notInstalled(name, from);
    if (place === null || places.has(place)) return;
    places.add(place);
    const { dependencies = {}, optionalDependencies = {} } = installed[place]!;
    for (const next of Object.keys(dependencies)) visit(next, place, next in optionalDependencies);
    for (const next of Object.keys(optionalDependencies)) visit(next, place, true);
  };
  for (const name of names) visit(name, '', false);
  return places;
}

/** Where Node finds a package from a place: the nearest folder outwards. */
function placeOf(name: string, from: string, installed: InstalledPackages): string | null {
  const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (place in installed) return place;
  if (from === '') return null;
  const outer = from.lastIndexOf('/node_modules/');
  return placeOf(name, outer < 0 ? '' : from.slice(0, outer), installed);
}

const notInstalled = (name: string, from: string): DataError =>
  DataError.of({
    where: 'packages of the JavaScript tests',
    expected: `${name}${from === '' ? '' : `, which ${from} needs`}`,
    found: 'no such package installed',
    fix: 'delete data/cache/node, so that the packages are installed anew',
  });
