import { augmented, boundaries, flips, steps } from '../../../mutation/confusions.ts';
import type { Dialect } from '../../../mutation/types.ts';

const GLOBALS =
  'append bool byte cap clear close comparable complex complex64 complex128 copy delete error false float32 float64 imag int int8 ' +
  'int16 int32 int64 iota len make max min new nil panic print println real recover rune string true uint uint8 uint16 uint32 ' +
  'uint64 uintptr any';

/** How Go writes the edits. */
export const goDialect: Dialect = {
  language: 'go',
  true_text: 'true',
  false_text: 'false',
  null_texts: ['nil'],
  and: '&&',
  or: '||',
  not: '!',
  empty_statement: '',
  terminator: '',
  self_names: [],
  boundaries,
  flips,
  equalities: { '==': ['!='], '!=': ['=='] },
  arithmetic: {
    '+': ['-', '*'],
    '-': ['+'],
    '*': ['/', '+'],
    '/': ['*', '%'],
    '%': ['/'],
    '&': ['|'],
    '|': ['&'],
    '^': ['&'],
    '<<': ['>>'],
    '>>': ['<<'],
  },
  augmented: { ...augmented, ...steps },
  siblings: [
    ['HasPrefix', 'HasSuffix', 'Contains'],
    ['TrimPrefix', 'TrimSuffix'],
    ['TrimLeft', 'TrimRight', 'Trim', 'TrimSpace'],
    ['ToLower', 'ToUpper'],
    ['Index', 'LastIndex'],
    ['IndexByte', 'LastIndexByte'],
    ['IsUpper', 'IsLower', 'IsLetter', 'IsDigit', 'IsSpace'],
    ['min', 'max'],
    ['len', 'cap'],
    ['Before', 'After', 'Equal'],
    ['Lock', 'RLock'],
    ['Unlock', 'RUnlock'],
    ['Floor', 'Ceil', 'Round', 'Trunc'],
    ['Split', 'SplitN', 'Fields'],
    ['Replace', 'ReplaceAll'],
    ['Sprint', 'Sprintf', 'Sprintln'],
    ['ParseInt', 'ParseUint', 'Atoi'],
    ['Errorf', 'New'],
    ['WriteString', 'WriteByte', 'WriteRune'],
    ['Keys', 'Values'],
  ],
  exceptions: [],
  conversions: ['int', 'int64', 'uint64', 'float64', 'string', 'byte', 'rune', 'len'],
  conversion_methods: ['String', 'Error'],
  globals: new Set(GLOBALS.split(' ')),
  defaults: [],
  empties: ['nil', '0', '""'],
  name_tests: (name) => [`${name} == nil`, `len(${name}) == 0`, `${name} != nil`, name, `!${name}`],
  guard: (test, exit, { unit }) => `if ${test} {\n${unit}${exit}\n}`,
};
