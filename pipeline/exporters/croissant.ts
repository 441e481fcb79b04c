import type { Config } from './card.ts';
import type { HubOptions } from './hf.ts';
import type { Type } from './rows.ts';

/** The vocabulary of Croissant 1.1, as its own examples spell it. */
const context = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  containedIn: 'cr:containedIn',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
};

/** The dataset as Croissant JSON-LD: every file with its digest, every column of every configuration. */
export function croissant(
  { name, round }: HubOptions,
  configs: readonly Config[],
  files: readonly { path: string; sha256: string; bytes: number }[],
): string {
  const description = {
    '@context': context,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.1',
    name: name.replace('/', '_'),
    description: `Repair tasks of round ${round}, made by socratic-swe out of what its Solver kept getting wrong.`,
    license: 'https://spdx.org/licenses/',
    citeAs: `socratic-swe, ${name}, round ${round}`,
    url: `https://example.org/${name}`,
    version: `${round}.0.0`,
    datePublished: '2000-01-01',
    'rai:dataCollection':
      'Single-edit bugs injected by 30 operators into published libraries; labels are test outcomes.',
    'rai:dataManipulationProtocol': 'Four gates (format, grounding, execution, semantics), then selection by gradient.',
    'rai:dataLimitations': 'Injected bugs, not bugs that people wrote.',
    'rai:dataBiases': 'Selected for one Solver: what is hard for it, not for everyone.',
    'rai:dataUseCases': 'Training and evaluation of program repair.',
    distribution: configs.flatMap(({ paths }) => paths).map((path) => fileObject(path, files)),
    recordSet: configs.flatMap((config) => config.paths.map((path) => recordSet(config, path))),
  };
  return `${JSON.stringify(description, null, 1)}\n`;
}

const fileObject = (path: string, files: readonly { path: string; sha256: string; bytes: number }[]) => {
  const { sha256, bytes } = files.find((file) => file.path === path)!;
  return {
    '@type': 'cr:FileObject',
    '@id': path,
    name: path,
    contentUrl: path,
    encodingFormat: 'application/x-parquet',
    contentSize: `${bytes} B`,
    sha256,
  };
};

/** One for each file: a configuration of several has its number behind its name. */
const recordSet = ({ name: config, columns, paths }: Config, path: string) => {
  const name = paths.length === 1 ? config : `${config}_${paths.indexOf(path)}`;
  return {
    '@type': 'cr:RecordSet',
    '@id': name,
    name,
    field: Object.entries(columns).map(([column, type]) => ({
      '@type': 'cr:Field',
      '@id': `${name}/${column}`,
      name: column,
      dataType: dataType(type),
      ...(typeof type === 'string' ? {} : { repeated: true }),
      source: { fileObject: { '@id': path }, extract: { column } },
    })),
  };
};

const words = { string: 'sc:Text', int64: 'sc:Integer', float64: 'sc:Float', bool: 'sc:Boolean', binary: 'sc:Text' };

const dataType = (type: Type): string =>
  typeof type === 'string' ? words[type] : 'list' in type ? dataType(type.list) : 'sc:Text';
