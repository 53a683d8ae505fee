// A plugin file that is built again and again: the same code under another build id each time, put
// in place as a build does it.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const kBuildId = 3;  // NT_GNU_BUILD_ID

// The bytes of the build id: its note is {name size 4, size, type, "GNU\0"} and then these.
function buildIdOf(bytes) {
  for (let at = bytes.indexOf('GNU\0'); at >= 12; at = bytes.indexOf('GNU\0', at + 1)) {
    const [name, size, type] = [12, 8, 4].map((before) => bytes.readUInt32LE(at - before));
    if (name === 4 && type === kBuildId) return bytes.subarray(at + 4, at + 4 + size);
  }
  throw new Error('the plugin has no build id; link it with -Wl,--build-id');
}

export class PluginFile {
  #bytes;
  #id;

  constructor(file) {
    this.file = file;
    this.#bytes = readFileSync(file);
    this.#id = buildIdOf(this.#bytes);
  }

  // The `number`th build takes the place of the file: {build, at}, `at` in Unix microseconds.
  replace(number) {
    const unfinished = path.join(path.dirname(this.file), `.${path.basename(this.file)}.tmp`);
    this.#id.writeUInt32LE(number);
    writeFileSync(unfinished, this.#bytes, { mode: 0o755 });
    renameSync(unfinished, this.file);
    const build = createHash('sha256').update(this.#bytes).digest('hex').slice(0, 40);
    return { build, at: (performance.timeOrigin + performance.now()) * 1000 };
  }
}
