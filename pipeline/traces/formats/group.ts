import { isObject, type TraceDraft } from '../draft.ts';
import { isAiderChat, isAiderResult, readAider } from './aider.ts';
import { autoCodeRoverPart, readAutoCodeRover } from './auto-code-rover.ts';
import type { Source } from './format.ts';
import { messages } from './messages.ts';
import { miniSweAgent } from './mini-swe-agent.ts';
import { isOpenHandsEvent, readEvents } from './openhands-v1.ts';

/** A file that makes sense only beside others. `value` is parsed JSON, or text. */
export interface GroupFile {
  source: Source;
  stem: string;
  value: unknown;
}

export type Family = 'auto-code-rover' | 'chat' | 'openhands-1' | 'aider';

/** Which group a document waits for, and under which name; null when it stands alone. */
export function familyOf(value: unknown, source: Source): { family: Family; key: string } | null {
  if (typeof value === 'string')
    return isAiderChat(value) ? { family: 'aider', key: `${source.folder}/${source.stem}` } : null;
  if (isAiderResult(value)) return { family: 'aider', key: `${source.folder}/${source.stem}` };
  if (autoCodeRoverPart(value)) return { family: 'auto-code-rover', key: source.folder };
  if (isOpenHandsEvent(value)) return { family: 'openhands-1', key: source.folder };
  // a bare list of messages is AutoCodeRover's when its folder says so
  return Array.isArray(value) &&
    !miniSweAgent.matches(value) &&
    messages.matches(value) &&
    isObject(value[0]) &&
    'role' in value[0]
    ? { family: 'chat', key: source.folder }
    : null;
}

/** Trajectories of a finished group, each with the files it came from. */
export function readGroup(family: Family, files: readonly GroupFile[]): { draft: TraceDraft; files: GroupFile[] }[] {
  if (family === 'aider') return readAider(files);
  if (family === 'openhands-1') {
    const sorted = [...files].sort((a, b) => (order(a) < order(b) ? -1 : 1));
    return [
      {
        draft: readEvents(
          sorted.map((file) => file.value as never),
          files[0]!.source,
        ),
        files: [...files],
      },
    ];
  }
  if (files.some((file) => autoCodeRoverPart(file.value) !== null) && family === 'auto-code-rover')
    return readAutoCodeRover(files);
  return files.flatMap((file) =>
    messages.read(file.value as never, file.source).map((draft) => ({ draft, files: [file] })),
  );
}

const order = (file: GroupFile): string => `${(file.value as { timestamp?: string }).timestamp ?? ''} ${file.stem}`;
