import { createHash } from 'node:crypto';

const who = 'Socratic <socratic@localhost>';
const when = '946684800 +0000';

/** The shell words that make the commit, without reflog or hooks; what they make is what `commitId` says. */
export const commitScript = [
  'git init -q --template= -b main .',
  'mkdir .git/info',
  'git config core.logAllRefUpdates false',
  "printf '* -text -filter -ident\\n' > .git/info/attributes",
  'git config core.fileMode false',
  'git config core.autocrlf false',
  'git add -A -f .',
  `GIT_AUTHOR_NAME=Socratic GIT_AUTHOR_EMAIL=socratic@localhost GIT_AUTHOR_DATE='${when}' \\
  GIT_COMMITTER_NAME=Socratic GIT_COMMITTER_EMAIL=socratic@localhost GIT_COMMITTER_DATE='${when}' \\
  git commit -q --no-gpg-sign -m 'as found'`,
] as const;

type Tree = Map<string, Uint8Array | Tree>;

/** Id of git's commit of these files alone: one commit, no parent, no mode but plain file. */
export function commitId(files: ReadonlyMap<string, Uint8Array>): string {
  const root: Tree = new Map();
  for (const [path, content] of files) put(root, path.split('/'), content);
  const text = `tree ${treeId(root)}\nauthor ${who} ${when}\ncommitter ${who} ${when}\n\nas found\n`;
  return objectId('commit', Buffer.from(text));
}

function put(tree: Tree, [name, ...rest]: string[], content: Uint8Array): void {
  if (rest.length === 0) {
    tree.set(name!, content);
    return;
  }
  const below = tree.get(name!) ?? new Map();
  tree.set(name!, below);
  put(below as Tree, rest, content);
}

function treeId(tree: Tree): string {
  const entries = [...tree].map(([name, node]) => ({ name, node, key: node instanceof Map ? `${name}/` : name }));
  // git sorts by bytes, a folder as if its name ended in a slash
  entries.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const lines = entries.map(({ name, node }) => {
    const [mode, id] = node instanceof Map ? ['40000', treeId(node)] : ['100644', objectId('blob', node)];
    return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);
  });
  return objectId('tree', Buffer.concat(lines));
}

const objectId = (type: string, content: Uint8Array): string =>
  createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
