/** The engine's one door to time and randomness (engine/environment.ts), as the platform has them. */
import { platformRandom } from "../crypto/environment.js";
import type { Environment } from "../engine/environment.js";

export function platformEnvironment(): Environment {
  return {
    clock: {
      now: () => Date.now(),
      setTimer(delayMs, fire) {
        const timer = setTimeout(fire, delayMs);
        return () => {
          clearTimeout(timer);
        };
      },
    },
    random: platformRandom,
  };
}
