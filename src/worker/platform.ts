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
    arrivals: postedToMyself,
    random: platformRandom,
  };
}

/** Messages are read in the order of their arrival, so one to oneself comes after all that are there. */
function postedToMyself(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
