/** A page with all of the package and nothing else: what its build weighs, the package weighs. */
import * as cofferfs from "cofferfs";

Object.assign(globalThis, { cofferfs });
