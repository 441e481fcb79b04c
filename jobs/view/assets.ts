import { readFile } from 'node:fs/promises';
import { styles } from '../report/page.ts';
import { type Reply, textReply } from './reply.ts';

/** The look and the script, as they lie here: nothing is built. */
export async function assets(name: string): Promise<Reply> {
  if (name === 'style.css') {
    const own = await readFile(new URL('./view.css', import.meta.url), 'utf8');
    return { status: 200, type: 'text/css; charset=utf-8', body: `${await styles()}\n${own}` };
  }
  if (name === 'view.js') {
    const body = await readFile(new URL('./client/view.js', import.meta.url), 'utf8');
    return { status: 200, type: 'text/javascript; charset=utf-8', body };
  }
  return textReply('There is no such asset.', 404);
}
