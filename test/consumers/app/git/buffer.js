/** isomorphic-git's documentation: in a browser it needs a global Buffer. Imported first. */
import { Buffer } from "buffer";

Object.assign(globalThis, { Buffer });
