// What the component exports: the contract's three functions, answered by the template.
import { answer } from './ku8.js';
import * as template from './template.js';

export const provider = answer(template);
