// Makes the component; `kubectl ku8 template build` calls this and checks what comes out.
import { writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

const { component } = await componentize({
  sourcePath: 'component.js',
  witPath: 'wit',
  worldName: 'template',
  // A template is a pure function: nothing to read, to write, to wait for or to draw lots with.
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await writeFile(process.argv[2], component);
